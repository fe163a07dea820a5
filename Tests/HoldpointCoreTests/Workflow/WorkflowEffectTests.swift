import HoldpointCore
import JSON
import Testing

@Suite struct WorkflowEffectTests {
    private static func call(_ with: JSONObject, input: JSONValue = [:], use: JSONValue? = nil) throws -> WorkflowScene
    {
        var arguments: JSONObject = ["method": "post", "endpoint": "https://a.example/pay"]
        for (key, value) in with { arguments[key] = value }
        var scene = try WorkflowScene(
            [["a": ["call": "http", "with": .object(arguments)]]], use: use, input: input)
        try scene.run()
        return scene
    }

    private static func human(_ with: JSONObject, catching: Bool = false) throws -> WorkflowScene {
        var body: JSONObject = ["title": "Pay ${ .n }?"]
        for (key, value) in with { body[key] = value }
        let ask: JSONValue = ["ask": ["call": "human", "with": .object(body)]]
        let handler: JSONValue = [["handle": ["set": ["type": "${ $error.type }", "at": "${ $error.instance }"]]]]
        let tasks: JSONValue = catching ? [["t": ["try": [ask], "catch": ["do": handler]]]] : [ask]
        var scene = try WorkflowScene(tasks, input: ["n": 1_800])
        try scene.run()
        return scene
    }

    private static let guarded: JSONObject = [
        "type": "permission", "allow_edit": true, "expires_in": 60,
        "perform": [
            "call": "http",
            "with": [
                "method": "post", "endpoint": "https://a.example/pay", "body": ["amount": "${ .n }"],
                "output": "response",
            ],
        ],
    ]

    @Test func `a wait outlives everything but its time`() throws {
        var scene = try WorkflowScene([["w": ["wait": ["minutes": 10]]], ["a": ["set": ["done": true]]]])
        try scene.run()
        #expect(scene.place.wakeAt == scene.now.adding(milliseconds: 600_000))
        try scene.pass(seconds: 599)
        #expect(scene.output == nil)
        try scene.pass(seconds: 1)
        #expect(scene.output == ["done": true])
    }

    @Test func `an effect's id is the number of the event that opened it`() throws {
        let scene = try WorkflowScene([["w": ["wait": "PT1S"]]])
        var run = scene
        try run.run()
        guard case .opened(let id, .timer(_, let cause, let task)) = try #require(run.acts.first) else {
            Issue.record("no timer")
            return
        }
        #expect(id == 2)
        #expect(cause == .wait)
        #expect(task == "/do/0/w")
        #expect(
            WorkflowContext.idempotencyKey(of: id, in: try Sample.identity()) == "acme:billing:order-7:2")
    }

    @Test func `a call carries its arguments evaluated, and their digest`() throws {
        let scene = try Self.call(
            [
                "endpoint": "https://a.example/{id}", "headers": ["X-N": "${ .n }"], "query": "${ .q }",
                "body": ["sum": "${ .n }"],
            ], input: ["id": "a b", "n": 5, "q": ["page": 2]])
        let call = try #require(scene.calls.first)
        #expect(
            call.arguments == [
                "method": "POST", "uri": "https://a.example/a%20b", "headers": ["X-N": 5], "query": ["page": 2],
                "body": ["sum": 5],
            ])
        #expect(call.digest == (try ArgumentsDigest.of(call.arguments, hasher: Sample.hasher)))
        #expect(!call.isIdempotent)
        let sent = try call.draft().call(idempotencyKey: "k")
        #expect(sent.url.text == "https://a.example/a%20b?page=2")
        #expect(try Self.call(["method": "put"]).calls.first?.isIdempotent == true)
    }

    @Test func `the output is the content, or the whole response`() throws {
        let response: JSONValue = ["statusCode": 201, "headers": ["X": "y"], "content": ["id": 1]]
        var content = try Self.call([:])
        try content.settle(.value(response))
        #expect(content.output == ["id": 1])
        var whole = try Self.call(["output": "response"])
        try whole.settle(.value(response))
        #expect(
            whole.output == [
                "request": ["method": "POST", "uri": "https://a.example/pay", "headers": [:]], "statusCode": 201,
                "headers": ["X": "y"], "content": ["id": 1],
            ])
        #expect(try Self.call(["output": "raw"]).calls.first?.isRaw == true)
    }

    @Test func `a status that is no success is a communication error with that status`() throws {
        func error(_ status: Int64, redirect: Bool) throws -> WorkflowError? {
            var scene = try Self.call(["redirect": .bool(redirect)])
            try scene.settle(.value(["statusCode": .integer(status)]))
            return scene.error
        }
        #expect(try error(404, redirect: false)?.status == 404)
        #expect(try error(404, redirect: false)?.instance == "/do/0/a")
        #expect(try error(302, redirect: false)?.status == 302)
        #expect(try error(302, redirect: true) == nil)
        #expect(try error(400, redirect: true)?.status == 400)
    }

    @Test func `a call that went wrong is the problem that says so, at its task`() throws {
        var scene = try Self.call([:])
        try scene.settle(.failed(["type": "urn:x", "status": 502, "title": "No", "instance": "elsewhere"]))
        #expect(scene.error?.json == ["type": "urn:x", "status": 502, "title": "No", "instance": "/do/0/a"])
    }

    @Test func `I7: arguments with a number that has no digest are an error before anything is opened`() throws {
        var scene = try WorkflowScene(
            [["a": ["call": "http", "with": ["method": "post", "endpoint": "https://a.example", "body": "${ . }"]]]],
            input: ["amount": json("9007199254740993")])
        try scene.run()
        #expect(scene.error?.type == "https://serverlessworkflow.io/spec/1.0.0/errors/validation")
        #expect(scene.error?.detail?.hasPrefix("/arguments/body/amount ") == true)
        #expect(scene.acts.isEmpty)
    }

    @Test func `a call that cannot be sent is an error before anything is opened`() throws {
        let scene = try Self.call(["headers": ["Bad Name": "x"]])
        #expect(scene.error?.type == "https://serverlessworkflow.io/spec/1.0.0/errors/configuration")
        #expect(scene.acts.isEmpty)
        let lost = try Self.call(["endpoint": "https://a.example/{id}"])
        #expect(lost.error?.type == "https://serverlessworkflow.io/spec/1.0.0/errors/expression")
    }

    @Test func `credentials go beside the arguments, and a secret's by its name`() throws {
        func call(_ policy: JSONValue) throws -> HTTPCallEffect {
            let scene = try Self.call(
                ["endpoint": ["uri": "https://a.example", "authentication": ["use": "mine"]]],
                input: ["user": "u", "token": "abc"],
                use: ["secrets": ["key"], "authentications": ["mine": policy]])
            return try #require(scene.calls.first)
        }
        let basic = try call(["basic": ["username": "${ .user }", "password": "p"]])
        #expect(basic.authentication == ["scheme": "basic", "username": "u", "password": "p"])
        let bearer = try call(["bearer": ["token": "${ .token }"]])
        #expect(bearer.authentication == ["scheme": "bearer", "token": "abc"])
        #expect(bearer.arguments["headers"] == nil)
        #expect(try call(["bearer": ["use": "key"]]).authentication == ["scheme": "bearer", "secret": "key"])
        #expect(try bearer.draft().call(idempotencyKey: "k").headers.contains { $0.isNamed("Authorization") })
    }

    @Test func `an answer is the output of the task that asked`() throws {
        var scene = try Self.human(["type": "clarification", "title": "Which?"])
        guard case .request(let id, let draft, let task) = try #require(scene.opened.first) else {
            Issue.record("no request")
            return
        }
        #expect(scene.place.effects.first?.kind == .request(id))
        #expect(draft.body["title"] == "Which?")
        #expect(task == "/do/0/ask")
        try scene.settle(.value(["answer": "north"]))
        #expect(scene.output == ["answer": "north"])
    }

    @Test func `a request that does not fit is an error before anything is opened`() throws {
        let scene = try Self.human(["type": "decision"])
        #expect(scene.error?.type == "https://serverlessworkflow.io/spec/1.0.0/errors/configuration")
        #expect(scene.acts.isEmpty)
    }

    @Test func `I8: silence is an error that can be caught, unless a default was declared`() throws {
        var silent = try Self.human(["type": "clarification"], catching: true)
        try silent.settle(.expired(standsFor: nil))
        #expect(silent.output == ["type": "urn:holdpoint:problem:request_expired", "at": "/do/0/t/try/0/ask"])
        var declared = try Self.human(["type": "clarification", "default": "north"])
        try declared.settle(.expired(standsFor: ["answer": "north"]))
        #expect(declared.output == ["answer": "north"])
        var permission = try Self.human(Self.guarded, catching: true)
        try permission.settle(.expired(standsFor: ["action": "reject"]))
        #expect(permission.output?["type"] == "urn:holdpoint:problem:request_expired")
        var withdrawn = try Self.human(["type": "clarification"], catching: true)
        try withdrawn.settle(.withdrawn)
        #expect(withdrawn.output?["type"] == "urn:holdpoint:problem:request_withdrawn")
    }

    @Test func `I7: what was approved is what is called`() throws {
        var scene = try Self.human(Self.guarded)
        guard case .request(_, let draft, _) = try #require(scene.opened.first) else {
            Issue.record("no request")
            return
        }
        #expect(draft.body["tool"] == "http")
        #expect(scene.calls.isEmpty)
        try scene.settle(.value(["action": "approve"]))
        #expect(scene.calls.map(\.arguments) == [try #require(draft.body["arguments"])])
        #expect(scene.calls.first?.arguments["body"] == ["amount": 1_800])
        try scene.settle(.value(["statusCode": 200, "content": "paid"]))
        #expect(scene.output?["content"] == "paid")
        #expect(scene.output?["request"]?["method"] == "POST")
        #expect(scene.calls.count == 1)
    }

    @Test func `I7: an edit is what is called, and nothing else`() throws {
        var scene = try Self.human(Self.guarded)
        let edited: JSONValue = ["method": "POST", "uri": "https://a.example/pay", "body": ["amount": 900]]
        try scene.settle(.value(["action": "edit", "arguments": edited]))
        #expect(scene.calls.map(\.arguments) == [edited])
        #expect(scene.calls.first?.digest == (try ArgumentsDigest.of(edited, hasher: Sample.hasher)))
        var wrong = try Self.human(Self.guarded)
        try wrong.settle(.value(["action": "edit", "arguments": ["amount": 900]]))
        #expect(wrong.error?.type == "https://serverlessworkflow.io/spec/1.0.0/errors/configuration")
        #expect(wrong.calls.isEmpty)
    }

    @Test func `a rejection calls nothing and is an error that can be caught`() throws {
        var scene = try Self.human(Self.guarded, catching: true)
        try scene.settle(.value(["action": "reject", "feedback": "too much"]))
        #expect(scene.output == ["type": "urn:holdpoint:problem:request_rejected", "at": "/do/0/t/try/0/ask"])
        #expect(scene.calls.isEmpty)
    }

    @Test func `a child's output is the output, and its failure an error at the task`() throws {
        func scene() throws -> WorkflowScene {
            let workflow: JSONValue = ["namespace": "n", "name": "w", "version": "1.0.0", "input": ["x": "${ .n }"]]
            var scene = try WorkflowScene([["c": ["run": ["workflow": workflow]]]], input: ["n": 1])
            try scene.run()
            return scene
        }
        var waiting = try scene()
        guard case .child(let child) = try #require(waiting.opened.first) else {
            Issue.record("no child")
            return
        }
        #expect([child.task, child.namespace, child.name, child.version] == ["/do/0/c", "n", "w", "1.0.0"])
        #expect(child.input == ["x": 1])
        try waiting.settle(.value(["y": 2]))
        #expect(waiting.output == ["y": 2])
        var failing = try scene()
        try failing.settle(.failed(["type": "urn:x", "status": 500]))
        #expect(failing.error?.instance == "/do/0/c")
    }

    @Test func `an emitted event is a CloudEvent and the output`() throws {
        var scene = try WorkflowScene(
            [
                ["e": ["emit": ["event": ["with": ["source": "https://a.example", "type": "t", "data": "${ .d }"]]]]]
            ], input: ["d": [1]])
        try scene.run()
        let event = try #require(scene.output)
        #expect(scene.acts == [.emitted(event)])
        #expect(event["specversion"] == "1.0")
        #expect(event["data"] == [1])
        #expect(event["id"] == "acme:billing:order-7:2")
        #expect(event["time"] == .string(Sample.start.description))
    }

    @Test func `an event whose attributes come to something else than text is not emitted`() throws {
        var scene = try WorkflowScene(
            [["e": ["emit": ["event": ["with": ["source": "urn:a", "type": "t", "subject": "${ .s }"]]]]]],
            input: ["s": [1]])
        try scene.run()
        #expect(scene.error?.detail == "the subject of an event must be text")
        #expect(scene.acts.isEmpty)
    }

    @Test func `what an effect comes to counts once`() throws {
        var scene = try Self.call([:])
        let id = try #require(scene.place.effects.first?.id)
        #expect(scene.place.receive(.value(["statusCode": 200]), for: id + 7) == false)
        try scene.settle(.value(["statusCode": 200, "content": 1]))
        #expect(scene.place.receive(.value(["statusCode": 500]), for: id) == false)
        #expect(scene.output == 1)
    }

    @Test func `only so many effects are open at once`() throws {
        func scene(_ branches: Int) throws -> WorkflowScene {
            let inner = (0..<branches).map { JSONValue.object(JSONObject([("w\($0)", ["wait": "PT1S"])])) }
            let half: JSONValue = ["fork": ["branches": .array(inner)]]
            var scene = try WorkflowScene([
                ["f": ["fork": ["branches": [["a": half], ["b": half], ["c": ["wait": "PT1S"]]]]]]
            ])
            try scene.run()
            return scene
        }
        #expect(try scene(WorkflowLimits.branches - 1).error == nil)
        #expect(try scene(WorkflowLimits.branches).error?.detail?.contains("effects may be open") == true)
        #expect(
            violations([
                [
                    "f": [
                        "fork": [
                            "branches": .array(
                                (0...WorkflowLimits.branches).map {
                                    .object(JSONObject([("w\($0)", ["wait": "PT1S"])]))
                                })
                        ]
                    ]
                ]
            ]).first?.hasPrefix("/do/0/f/fork/branches ") == true)
    }
}
