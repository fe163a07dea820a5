import HoldpointCore
import JSON
import Testing

@Suite struct WorkflowFlowTests {
    /// The evaluator of `.colors + ["red"]` and its like.
    private static func painting(_ colors: String...) -> [String: WorkflowScene.Evaluator] {
        var evaluators: [String: WorkflowScene.Evaluator] = [:]
        for color in colors {
            evaluators[".colors + [\"\(color)\"]"] = { input, _ in
                .array((input["colors"]?.arrayValue ?? []) + [.string(color)])
            }
        }
        return evaluators
    }

    private static func paint(_ color: String, then: String? = nil) -> JSONValue {
        var task: JSONObject = ["set": ["colors": .string("${ .colors + [\"\(color)\"] }")]]
        if let then { task["then"] = .string(then) }
        return .object(JSONObject([("set-\(color)", .object(task))]))
    }

    @Test func `tasks run in their order, each on the output of the one before`() throws {
        var scene = try WorkflowScene([Self.paint("red"), Self.paint("green"), Self.paint("blue")])
        scene.evaluators = Self.painting("red", "green", "blue")
        try scene.run()
        #expect(scene.output == ["colors": ["red", "green", "blue"]])
        #expect(scene.finished == ["/do/0/set-red", "/do/1/set-green", "/do/2/set-blue"])
        #expect(scene.commits == 1)
    }

    @Test func `then names the next task of the list, or the end`() throws {
        var scene = try WorkflowScene([
            Self.paint("red", then: "set-green"), Self.paint("blue", then: "end"),
            Self.paint("green", then: "set-blue"),
        ])
        scene.evaluators = Self.painting("red", "green", "blue")
        try scene.run()
        #expect(scene.output == ["colors": ["red", "green", "blue"]])
    }

    @Test func `exit leaves the list, end leaves the workflow`() throws {
        func document(_ directive: String) -> JSONValue {
            [
                [
                    "outer": [
                        "do": [
                            ["first": ["set": ["a": 1], "then": .string(directive)]], ["second": ["set": ["a": 2]]],
                        ]
                    ]
                ],
                ["last": ["set": ["before": "${ .a }"]]],
            ]
        }
        var leaving = try WorkflowScene(document("exit"))
        try leaving.run()
        #expect(leaving.output == ["before": 1])
        var ending = try WorkflowScene(document("end"))
        try ending.run()
        #expect(ending.output == ["a": 1])
    }

    @Test func `a task whose condition does not hold is skipped with all it says`() throws {
        var scene = try WorkflowScene(
            [
                ["skipped": ["if": ".missing", "set": ["a": 1], "then": "end", "output": ["as": ".nothing"]]],
                ["taken": ["if": "${ .x }", "set": ["x": "${ .x }", "b": 2]]],
            ], input: ["x": true])
        try scene.run()
        #expect(scene.output == ["x": true, "b": 2])
    }

    @Test func `switch takes the first case that holds, else its default, else its own then`() throws {
        func output(_ color: JSONValue, cases: JSONValue, then: String) throws -> JSONValue? {
            var scene = try WorkflowScene(
                [
                    ["choose": ["switch": cases, "then": .string(then)]],
                    ["red": ["set": ["is": "red"], "then": "end"]],
                    ["other": ["set": ["is": "other"], "then": "end"]],
                ], input: ["color": color])
            scene.evaluators[".color == \"red\""] = { input, _ in .bool(input["color"] == "red") }
            try scene.run()
            return scene.output
        }
        let cases: JSONValue = [["red": ["when": ".color == \"red\"", "then": "red"]]]
        let withDefault: JSONValue = [
            ["rest": ["then": "other"]], ["red": ["when": ".color == \"red\"", "then": "red"]],
        ]
        #expect(try output("red", cases: cases, then: "end") == ["is": "red"])
        #expect(try output("blue", cases: cases, then: "end") == ["color": "blue"])
        #expect(try output("blue", cases: withDefault, then: "end") == ["is": "other"])
        #expect(try output("red", cases: withDefault, then: "end") == ["is": "red"])
    }

    @Test func `for hands item and index to its tasks, and each iteration the output of the one before`() throws {
        var scene = try WorkflowScene(
            [
                [
                    "loop": [
                        "for": ["each": "color", "in": ".colors"], "while": "$index != 2",
                        "do": [["mark": ["set": ["seen": "${ .seen + [$color] }", "last": "${ $index }"]]]],
                    ]
                ]
            ], input: ["colors": ["red", "green", "blue"]])
        scene.evaluators["$index != 2"] = { _, arguments in .bool(arguments["index"] != 2) }
        scene.evaluators[".seen + [$color]"] = { input, arguments in
            .array((input["seen"]?.arrayValue ?? []) + [arguments["color"] ?? .null])
        }
        try scene.run()
        #expect(scene.output == ["seen": ["red", "green"], "last": 1])
    }

    @Test func `a loop over nothing gives its input`() throws {
        var scene = try WorkflowScene(
            [
                ["loop": ["for": ["in": ".items"], "do": [["mark": ["set": ["a": 1]]]]]]
            ], input: ["items": []])
        try scene.run()
        #expect(scene.output == ["items": []])
    }

    @Test func `data is changed and exported where the document says so`() throws {
        var scene = try WorkflowScene(
            [
                [
                    "narrow": [
                        "input": ["from": ".user.claims"],
                        "set": ["id": "${ .subject }", "was": "${ $input.subject }"],
                        "output": ["as": ["only": "${ .id }", "input": "${ $input.subject }"]],
                        "export": ["as": ["id": "${ $output.only }", "raw": "${ $task.output.was }"]],
                    ]
                ],
                ["read": ["set": ["context": "${ $context }", "in": "${ . }", "name": "${ $task.name }"]]],
            ], input: ["user": ["claims": ["subject": "s-1"]]], extra: ["output": ["as": ".context"]])
        try scene.run()
        #expect(scene.output == ["id": "s-1", "raw": "s-1"])
    }

    @Test func `the workflow's input is transformed, and is the context until something is exported`() throws {
        var scene = try WorkflowScene(
            [
                [
                    "read": [
                        "set": ["context": "${ $context }", "raw": "${ $workflow.input }", "id": "${ $workflow.id }"]
                    ]
                ]
            ], input: ["order": ["n": 7]], extra: ["input": ["from": ".order"]])
        try scene.run()
        #expect(scene.output == ["context": ["n": 7], "raw": ["order": ["n": 7]], "id": "order-7"])
    }

    @Test func `data that does not fit a schema is a validation error at its task`() throws {
        let schema: JSONValue = ["document": ["type": "object", "required": ["n"]]]
        var scene = try WorkflowScene([["a": ["set": ["b": 1], "output": ["schema": schema]]]])
        try scene.run()
        #expect(scene.error?.type == "https://serverlessworkflow.io/spec/1.0.0/errors/validation")
        #expect(scene.error?.instance == "/do/0/a")
        var whole = try WorkflowScene([["a": ["set": ["b": 1]]]], extra: ["input": ["schema": schema]])
        try whole.run()
        #expect(whole.error?.status == 400)
        #expect(whole.error?.instance == "")
    }

    @Test func `secrets are handles wherever data is seen`() throws {
        var scene = try WorkflowScene(
            [["a": ["set": ["token": "${ $secrets.apiKey }"]]]], use: ["secrets": ["apiKey"]])
        try scene.run()
        #expect(scene.output == ["token": ["secret": "use/apiKey"]])
    }

    @Test func `a function runs on its arguments and under its own name`() throws {
        var scene = try WorkflowScene(
            [["a": ["call": "double", "with": ["n": "${ .x }"], "output": ["as": ".n"]]]],
            use: [
                "functions": [
                    "double": ["call": "inner", "with": ["m": "${ .n }"]],
                    "inner": ["set": ["n": "${ .m }", "at": "${ $task.reference }"], "export": ["as": ".at"]],
                ]
            ], input: ["x": 21], extra: ["output": ["as": ["n": "${ . }", "context": "${ $context }"]]])
        try scene.run()
        #expect(scene.output == ["n": 21, "context": "/use/functions/inner"])
    }

    @Test func `all expressions of one round go in one exchange`() throws {
        var scene = try WorkflowScene(
            [
                [
                    "both": [
                        "fork": [
                            "branches": [
                                ["a": ["set": ["v": "${ .n + 1 }"]]],
                                ["b": ["set": ["v": "${ .n + 2 }", "w": "${ .n + 3 }"]]],
                            ]
                        ]
                    ]
                ]
            ], input: ["n": 1])
        for add in 1...3 {
            scene.evaluators[".n + \(add)"] = { input, _ in .integer((input["n"]?.int64Value ?? 0) + Int64(add)) }
        }
        try scene.run()
        #expect(scene.output == [["v": 2], ["v": 3, "w": 4]])
        #expect(scene.exchanges == [3])
    }

    @Test func `a fork gives the outputs in the order of its branches, a race the winner's alone`() throws {
        func document(_ competes: Bool) -> JSONValue {
            [
                [
                    "fork": [
                        "fork": [
                            "compete": .bool(competes),
                            "branches": [
                                ["slow": ["do": [["w": ["wait": "PT5S"]], ["s": ["set": ["is": "slow"]]]]]],
                                ["fast": ["do": [["w": ["wait": "PT1S"]], ["f": ["set": ["is": "fast"]]]]]],
                            ],
                        ]
                    ]
                ]
            ]
        }
        var all = try WorkflowScene(document(false))
        try all.run()
        #expect(all.timers == [5_000, 1_000])
        try all.pass(seconds: 1)
        #expect(all.output == nil)
        try all.pass(seconds: 4)
        #expect(all.output == [["is": "slow"], ["is": "fast"]])
        var race = try WorkflowScene(document(true))
        try race.run()
        try race.pass(seconds: 1)
        #expect(race.output == ["is": "fast"])
        #expect(race.acts.contains { if case .closed = $0 { true } else { false } })
        #expect(race.place.effects.isEmpty)
    }
}
