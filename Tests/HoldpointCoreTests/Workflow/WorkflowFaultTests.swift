import HoldpointCore
import JSON
import Testing

@Suite struct WorkflowFaultTests {
    private static let broken: JSONValue = ["type": "https://a.example/broken", "status": 503, "title": "Broken"]
    private static let communication = "https://serverlessworkflow.io/spec/1.0.0/errors/communication"

    private static func attempt(_ clause: JSONObject, _ error: JSONValue = broken) -> JSONValue {
        [["attempt": ["try": [["fail": ["raise": ["error": error]]]], "catch": .object(clause)]]]
    }

    /// A `try` around a call that the test lets fail.
    private static func calling(_ clause: JSONObject, timeout: JSONValue? = nil) -> JSONValue {
        var task: JSONObject = [
            "try": [["ask": ["call": "http", "with": ["method": "get", "endpoint": "https://a.example"]]]],
            "catch": .object(clause),
        ]
        task["timeout"] = timeout
        return [["attempt": .object(task)]]
    }

    private static let unavailable = EffectArrival.value(["statusCode": 503])
    private static let fine = EffectArrival.value(["statusCode": 200, "content": ["id": 1]])

    @Test func `an error that nothing catches fails the workflow, with the place of its task`() throws {
        var scene = try WorkflowScene(
            [["fail": ["raise": ["error": "broken"]]]], use: ["errors": ["broken": Self.broken]])
        try scene.run()
        #expect(
            scene.error?.json == [
                "type": "https://a.example/broken", "status": 503, "title": "Broken", "instance": "/do/0/fail",
            ])
    }

    @Test func `an error's texts may be expressions`() throws {
        var scene = try WorkflowScene(
            [["fail": ["raise": ["error": ["type": "urn:x", "status": "${ .code }", "detail": "${ .why }"]]]]],
            input: ["code": 409, "why": "taken"])
        try scene.run()
        #expect(scene.error?.status == 409)
        #expect(scene.error?.detail == "taken")
    }

    @Test func `catch takes what its filter names, and shows it under its name`() throws {
        var scene = try WorkflowScene(
            Self.attempt([
                "errors": ["with": ["status": 503, "type": "https://a.example/broken"]], "as": "fault",
                "do": [["handle": ["set": ["error": "${ $fault }"]]]],
            ]))
        try scene.run()
        #expect(scene.output?["error"]?["instance"] == "/do/0/attempt/try/0/fail")
        #expect(scene.output?["error"]?["title"] == "Broken")
        var other = try WorkflowScene(Self.attempt(["errors": ["with": ["status": 404]]]))
        try other.run()
        #expect(other.error?.status == 503)
    }

    @Test func `when and exceptWhen decide over the error`() throws {
        func error(_ clause: JSONObject) throws -> WorkflowError? {
            var scene = try WorkflowScene(Self.attempt(clause))
            scene.evaluators["$error.status == 503"] = { _, arguments in .bool(arguments["error"]?["status"] == 503) }
            try scene.run()
            return scene.error
        }
        #expect(try error(["when": "$error.status == 503"]) == nil)
        #expect(try error(["exceptWhen": "$error.status == 503"])?.status == 503)
        #expect(try error(["when": "$error.other"])?.status == 503)
    }

    @Test func `an error that is caught without a handler leaves the input as output`() throws {
        var scene = try WorkflowScene(Self.attempt([:]), input: ["kept": true])
        try scene.run()
        #expect(scene.output == ["kept": true])
    }

    @Test func `an error of the handler is not caught by its own try`() throws {
        var scene = try WorkflowScene(
            Self.attempt(["do": [["again": ["raise": ["error": ["type": "urn:second", "status": 500]]]]]]))
        try scene.run()
        #expect(scene.error?.type == "urn:second")
        #expect(scene.error?.instance == "/do/0/attempt/catch/do/0/again")
    }

    @Test func `an expression without a value is an error that can be caught`() throws {
        var scene = try WorkflowScene(
            [
                [
                    "t": [
                        "try": [["a": ["set": ["x": "${ .n.m }"]]]],
                        "catch": ["as": "e", "do": [["b": ["set": ["type": "${ $e.type }"]]]]],
                    ]
                ]
            ], input: ["n": 5])
        try scene.run()
        #expect(scene.output == ["type": "https://serverlessworkflow.io/spec/1.0.0/errors/expression"])
    }

    @Test func `retries wait as their backoff says, each by a timer of its own`() throws {
        let cases: [(String, [Int64])] = [
            ("constant", [3_000, 3_000, 3_000]), ("linear", [3_000, 6_000, 9_000]),
            ("exponential", [3_000, 6_000, 12_000]),
        ]
        for (backoff, delays) in cases {
            var scene = try WorkflowScene(
                Self.calling([
                    "errors": ["with": ["type": .string(Self.communication), "status": 503]],
                    "retry": [
                        "delay": ["seconds": 3], "backoff": .object(JSONObject([(backoff, .object(JSONObject()))])),
                        "limit": ["attempt": ["count": 3]],
                    ],
                ]))
            try scene.run()
            for delay in delays {
                try scene.settle(Self.unavailable)
                #expect(scene.timers == [delay])
                try scene.pass(seconds: delay / 1_000 - 1)
                #expect(scene.timers == [1_000])
                try scene.pass(seconds: 1)
            }
            try scene.settle(Self.unavailable)
            #expect(scene.error?.status == 503)
            #expect(scene.error?.instance == "/do/0/attempt/try/0/ask")
            #expect(scene.calls.count == 4)
        }
    }

    @Test func `a retry that succeeds goes on as if nothing had been, and a reusable policy is the same`() throws {
        var scene = try WorkflowScene(
            Self.calling(["retry": "patient"]), use: ["retries": ["patient": ["delay": "PT1S"]]])
        try scene.run()
        try scene.settle(Self.unavailable)
        try scene.pass(seconds: 1)
        try scene.settle(Self.fine)
        #expect(scene.output == ["id": 1])
    }

    @Test func `when retries are used up the handler runs`() throws {
        var scene = try WorkflowScene(
            Self.calling([
                "retry": ["limit": ["attempt": ["count": 1]]], "do": [["give-up": ["set": ["gave": "up"]]]],
            ]))
        try scene.run()
        try scene.settle(Self.unavailable)
        try scene.settle(Self.unavailable)
        #expect(scene.output == ["gave": "up"])
    }

    @Test func `retries end when their whole time is over, and with their conditions`() throws {
        var timed = try WorkflowScene(
            Self.calling(["retry": ["delay": "PT10S", "limit": ["duration": "PT15S"]]]))
        try timed.run()
        try timed.settle(Self.unavailable)
        try timed.pass(seconds: 10)
        try timed.settle(Self.unavailable)
        #expect(timed.error?.status == 503)
        var conditional = try WorkflowScene(Self.calling(["retry": ["when": "$error.detail.no"]]))
        conditional.evaluators["$error.detail.no"] = { _, _ in false }
        try conditional.run()
        try conditional.settle(Self.unavailable)
        #expect(conditional.error != nil)
    }

    @Test func `an attempt that takes too long is given up and tried again`() throws {
        var scene = try WorkflowScene(
            Self.calling(["retry": ["limit": ["attempt": ["count": 1, "duration": "PT5S"]]]]))
        try scene.run()
        let first = try #require(scene.place.effects.first { $0.kind == .call })
        try scene.pass(seconds: 5)
        #expect(scene.calls.count == 2)
        #expect(scene.acts.contains(.closed(effect: first.id, .call)))
        #expect(scene.place.receive(Self.fine, for: first.id) == false)
        try scene.pass(seconds: 5)
        #expect(scene.error?.type == "https://serverlessworkflow.io/spec/1.0.0/errors/timeout")
    }

    @Test func `jitter is within its range and the same whenever it is decided`() throws {
        func delay() throws -> Int64 {
            var scene = try WorkflowScene(
                Self.calling(["retry": ["delay": "PT1S", "jitter": ["from": "PT1S", "to": "PT9S"]]]))
            try scene.run()
            try scene.settle(Self.unavailable)
            return try #require(scene.timers.first)
        }
        let first = try delay()
        #expect((2_000...10_000).contains(first))
        #expect(try delay() == first)
    }

    @Test func `a task that takes too long is an error that can be caught, and what it had open is given up`() throws {
        var scene = try WorkflowScene([
            [
                "t": [
                    "try": [["slow": ["wait": "PT10M", "timeout": ["after": "PT1M"]]]],
                    "catch": ["errors": ["with": ["status": 408]], "do": [["late": ["set": ["late": true]]]]],
                ]
            ]
        ])
        try scene.run()
        #expect(scene.timers.sorted() == [60_000, 600_000])
        try scene.pass(seconds: 60)
        #expect(scene.output == ["late": true])
        #expect(scene.place.effects.isEmpty)
        #expect(scene.place.wakeAt == nil)
    }

    @Test func `a workflow that takes too long fails, and one in time leaves no timer`() throws {
        var slow = try WorkflowScene([["w": ["wait": "PT10M"]]], extra: ["timeout": ["after": "PT1M"]])
        try slow.run()
        try slow.pass(seconds: 60)
        #expect(slow.error?.instance == "")
        #expect(slow.error?.status == 408)
        var quick = try WorkflowScene(
            [["w": ["set": ["a": 1], "timeout": "short"]]], use: ["timeouts": ["short": ["after": "PT1S"]]])
        try quick.run()
        #expect(quick.output == ["a": 1])
        #expect(quick.acts.isEmpty)
    }

    @Test func `an error in one branch of a fork gives up the others`() throws {
        var scene = try WorkflowScene([
            [
                "f": [
                    "fork": [
                        "branches": [
                            ["slow": ["wait": "PT1H"]],
                            ["bad": ["do": [["w": ["wait": "PT1S"]], ["x": ["raise": ["error": Self.broken]]]]]],
                        ]
                    ]
                ]
            ]
        ])
        try scene.run()
        try scene.pass(seconds: 1)
        #expect(scene.error?.instance == "/do/0/f/fork/branches/1/bad/do/1/x")
        #expect(scene.place.effects.isEmpty)
    }

    @Test func `a cycle of then commits now and then, and ends at the limit, whatever would catch it`() throws {
        var scene = try WorkflowScene([
            [
                "t": [
                    "try": [["a": ["set": ["x": 1]]], ["b": ["set": ["x": 2], "then": "a"]]],
                    "catch": ["do": [["c": ["set": ["caught": true]]]]],
                ]
            ]
        ])
        let begun = WorkflowLimits.tasksWithoutPause - Int64(WorkflowLimits.tasksPerAdvance) - 500
        scene.place = try WorkflowPlace(recorded: ["activations": 0, "begun": .integer(begun)])
        try scene.run()
        #expect(scene.commits == 2)
        #expect(scene.error?.type == "https://serverlessworkflow.io/spec/1.0.0/errors/runtime")
    }

    @Test func `a loop that needs many exchanges commits in between and comes to the same`() throws {
        var scene = try WorkflowScene(
            [
                [
                    "loop": [
                        "for": ["in": ".items"], "do": [["add": ["set": ["items": [], "sum": "${ .sum + $item }"]]]],
                    ]
                ]
            ], input: ["items": .array((1...50).map { .integer($0) }), "sum": 0])
        scene.evaluators[".sum + $item"] = { input, arguments in
            .integer((input["sum"]?.int64Value ?? 0) + (arguments["item"]?.int64Value ?? 0))
        }
        try scene.run()
        #expect(scene.output?["sum"] == 1_275)
        #expect(scene.commits == 50 / WorkflowLimits.roundsPerAdvance + 1)
    }
}
