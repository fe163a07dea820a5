import HoldpointCore
import JSON
import Testing

@Suite struct WorkflowSizeTests {
    /// Doubles its input so many times.
    private static func doubling(_ times: Int) -> JSONValue {
        .array((0..<times).map { .object(JSONObject([("d\($0)", ["set": ["a": "${ . }", "b": "${ . }"]])])) })
    }

    @Test func `data that doubles with each task is an error long before it is written`() throws {
        var small = try WorkflowScene(Self.doubling(10))
        try small.run()
        #expect(small.output != nil)
        var huge = try WorkflowScene(Self.doubling(200))
        try huge.run()
        #expect(huge.error?.detail?.hasPrefix("the data is larger than") == true)
    }

    @Test func `data that nests deeper with each task is an error long before it cannot be read back`() throws {
        func error(_ count: Int64) throws -> WorkflowError? {
            var scene = try WorkflowScene(
                [
                    ["l": ["for": ["in": ".items"], "do": [["a": ["set": ["x": "${ . }"]]]]]], ["w": ["wait": "PT1S"]],
                ], input: ["items": .array((0..<count).map { .integer($0) })])
            try scene.run()
            return scene.error
        }
        #expect(try error(Int64(WorkflowLimits.dataDepth) - 2) == nil)
        #expect(try error(10_000)?.detail == "the data nests deeper than 60 levels")
    }

    @Test func `a task has so many expressions, and an exchange too`() throws {
        func task(_ count: Int) -> JSONValue {
            ["set": .object(JSONObject((0..<count).map { ("x\($0)", "${ .n + 1 }") }))]
        }
        #expect(violations([["a": task(WorkflowLimits.expressionsPerTask)]]) == [])
        #expect(
            violations([["a": task(WorkflowLimits.expressionsPerTask + 1)]])
                == ["/do/0/a a task has at most 256 expressions"])
        let branches = (0..<5).map { JSONValue.object(JSONObject([("b\($0)", task(200))])) }
        var scene = try WorkflowScene([["f": ["fork": ["branches": .array(branches)]]]])
        scene.fallback = { _, _ in 1 }
        try scene.run()
        #expect(scene.exchanges == [400, 400, 200])
        #expect(scene.output?.arrayValue?.count == 5)
    }

    @Test func `a workflow that holds too much when it pauses fails, and leaves nothing open`() throws {
        let text = JSONValue.string(String(repeating: "x", count: 100 * 1_024))
        let branches = (0..<3).map { index -> JSONValue in
            .object(
                JSONObject([
                    (
                        "b\(index)",
                        ["do": [["s": ["set": ["n": .integer(Int64(index)), "t": text]]], ["w": ["wait": "PT1S"]]]]
                    )
                ]))
        }
        var scene = try WorkflowScene([["f": ["fork": ["branches": .array(branches)]]]])
        try scene.run()
        #expect(scene.error?.detail?.hasPrefix("the workflow holds more than") == true)
        #expect(scene.place.effects.isEmpty)
    }

    @Test func `data that many tasks hold is recorded once`() throws {
        let text = JSONValue.string(String(repeating: "x", count: 100 * 1_024))
        let inner: JSONValue = ["d": ["do": [["e": ["do": [["w": ["wait": "PT1S"]]]]]]]]
        var scene = try WorkflowScene([["s": ["set": ["t": text]]], inner])
        try scene.run()
        #expect(scene.error == nil)
        #expect(scene.place.json.serialized().count < 110 * 1_024)
    }

    @Test func `acts that grow large are committed in between`() throws {
        let text = JSONValue.string(String(repeating: "x", count: 200 * 1_024))
        let emit: JSONValue = [
            "emit": ["event": ["with": ["source": "urn:a", "type": "t", "data": text]]], "output": ["as": "null"],
        ]
        let tasks = (0..<12).map { JSONValue.object(JSONObject([("e\($0)", emit)])) }
        var scene = try WorkflowScene(.array(tasks))
        try scene.run()
        #expect(scene.commits == 2)
        #expect(scene.acts.count == 12)
    }

    @Test func `a loop has so many items and no more`() throws {
        func error(_ count: Int) throws -> WorkflowError? {
            var scene = try WorkflowScene(
                [
                    ["l": ["for": ["in": ".many"], "while": "false", "do": [["a": ["set": ["x": 1]]]]]]
                ], input: ["many": .array(Array(repeating: 1, count: count))])
            try scene.run()
            return scene.error
        }
        #expect(try error(10_000) == nil)
        #expect(try error(WorkflowLimits.items + 1)?.detail?.contains("items") == true)
    }

    @Test func `the record of an advance names so many tasks, the last ones`() throws {
        let count = WorkflowLimits.recordedTasks + 10
        let tasks = (0..<count).map { JSONValue.object(JSONObject([("t\($0)", ["set": ["x": 1]])])) }
        var scene = try WorkflowScene(.array(tasks))
        try scene.run()
        #expect(scene.finished.count == WorkflowLimits.recordedTasks)
        #expect(scene.finished.last == "/do/\(count - 1)/t\(count - 1)")
    }

    @Test func `long names of tasks are refused, and crowd nothing out of the record`() throws {
        let body: JSONValue = ["set": ["x": 1]]
        func list(_ name: String) -> JSONValue { [.object(JSONObject([(name, body)]))] }
        let limit = WorkflowLimits.nameBytes
        #expect(violations(list(String(repeating: "n", count: limit))) == [])
        let long = String(repeating: "n", count: limit + 1)
        #expect(violations(list(long)).first == "/do/0 a name here has at most 255 bytes")
        let functions: JSONValue = ["functions": .object(JSONObject([(long, body)]))]
        #expect(violations(list("a"), use: functions) == ["/use/functions a name here has at most 255 bytes"])
        let tasks = (0..<60).map { number -> JSONValue in
            let name = String(repeating: "n", count: 250) + "\(number)"
            return .object(JSONObject([(name, body)]))
        }
        var scene = try WorkflowScene(.array(tasks))
        try scene.run()
        #expect(scene.finished.reduce(0) { $0 + $1.utf8.count } <= WorkflowLimits.recordedTaskBytes)
        #expect(scene.finished.last?.hasSuffix("n59") == true)
    }

    @Test func `the place of a violation is told as far as it is short enough`() {
        func place(_ count: Int) -> Substring? {
            let inner: JSONValue = .object(JSONObject([(String(repeating: "k", count: count), "${ env }")]))
            return violations([["a": ["set": ["x": inner]]]]).first?.prefix { $0 != " " }
        }
        #expect(place(3) == "/do/0/a/set/x/kkk")
        #expect(place(WorkflowLimits.pointerBytes) == "/do/0/a/set/x")
    }

    @Test func `I10: a cycle that brings much about ends, and one that waits begins its count anew`() throws {
        let text = JSONValue.string(String(repeating: "x", count: 200 * 1_024))
        let emit: JSONValue = [
            "emit": ["event": ["with": ["source": "urn:a", "type": "t", "data": text]]], "output": ["as": "null"],
            "then": "e",
        ]
        var emitting = try WorkflowScene([["e": emit]])
        let begun = WorkflowLimits.tasksWithoutPause - 10_000
        emitting.place = try WorkflowPlace(recorded: ["activations": 0, "begun": .integer(begun)])
        try emitting.run()
        #expect(emitting.error?.detail?.contains("without waiting") == true)
        #expect(emitting.acts.count == 10_000 / (200 * 1_024 / WorkflowLimits.actBytesPerTask) + 1)
        var waiting = try WorkflowScene([["w": ["wait": "PT1S", "then": "w"]]])
        waiting.place = try WorkflowPlace(
            recorded: ["activations": 0, "begun": .integer(WorkflowLimits.tasksWithoutPause - 3)])
        try waiting.run()
        for _ in 0..<5 { try waiting.pass(seconds: 1) }
        #expect(waiting.error == nil)
        #expect(waiting.place.begunTasks == 1)
    }

    @Test func `a recorded place that is damaged is an error, not another place`() throws {
        var scene = try WorkflowScene([["d": ["do": [["w": ["wait": "PT1S"]]]]]], input: ["n": 1])
        try scene.run()
        let whole = try #require(scene.place.json.objectValue)
        func reads(_ change: (inout JSONObject) -> Void) -> Bool {
            var object = whole
            change(&object)
            return (try? WorkflowPlace(recorded: .object(object))) != nil
        }
        #expect(reads { _ in })
        #expect(!reads { $0["surprise"] = 1 })
        #expect(!reads { $0["data"] = [] })
        #expect(!reads { $0["begun"] = "1" })
        #expect(!reads { $0["root"] = ["id": 1] })
        #expect(!reads { $0["context"] = 99 })
        #expect(!reads { $0["effects"] = [["id": 2]] })
        #expect((try? WorkflowPlace(recorded: [])) == nil)
    }

    @Test func `I10: a place of another definition fails its session and nothing more`() throws {
        var long = try WorkflowScene([["a": ["set": ["x": 1]]], ["b": ["set": ["x": 1]]], ["w": ["wait": "PT1S"]]])
        try long.run()
        var short = try WorkflowScene([["w": ["wait": "PT1S"]]])
        short.place = long.place
        try short.pass(seconds: 1)
        #expect(short.error?.detail == "the recorded place is not of this definition")
    }

    @Test func `forks within forks are begun in portions`() throws {
        let leaves = (0..<30).map { JSONValue.object(JSONObject([("l\($0)", ["set": ["x": 1]])])) }
        let forks = (0..<50).map { index -> JSONValue in
            .object(JSONObject([("f\(index)", ["fork": ["branches": .array(leaves)]])]))
        }
        let all: JSONValue = ["all": ["fork": ["branches": .array(forks)], "output": ["as": "1"]]]
        var scene = try WorkflowScene([["twice": ["for": ["in": ".items"], "do": [all]]]], input: ["items": [1, 2]])
        try scene.run()
        #expect(scene.output == 1)
        #expect(scene.commits == 2)
        #expect(scene.place.begunTasks == 2 + 2 * (1 + 50 + 1_500))
    }
}
