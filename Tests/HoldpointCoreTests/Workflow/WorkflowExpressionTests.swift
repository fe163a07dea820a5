import HoldpointCore
import JSON
import Testing

@Suite struct WorkflowExpressionTests {
    private static func definition(_ tasks: JSONValue, use: JSONValue = [:]) throws -> WorkflowDefinition {
        try WorkflowDefinition([
            "document": ["dsl": "1.0.0", "namespace": "n", "name": "w", "version": "1.0.0"], "use": use, "do": tasks,
        ])
    }

    @Test func `every expression of a document is given with its place`() throws {
        let tasks: JSONValue = [
            [
                "a": [
                    "if": ".n > 0", "input": ["from": "${ .a }"],
                    "set": ["x": ["${ .b }", "text", ["y": "${ .c + 1 }"]]],
                ]
            ],
            ["b": ["for": ["in": ".list"], "while": "$item > 1", "do": [["w": ["wait": "${ .d }"]]]]],
            ["c": ["switch": [["one": ["when": ".e", "then": "end"]], ["rest": ["then": "exit"]]]]],
            [
                "d": [
                    "call": "http", "timeout": ["after": "${ .t }"],
                    "with": [
                        "method": "get", "headers": ["h": "${ .f }"],
                        "endpoint": ["uri": "${ .u }", "authentication": ["bearer": ["token": "${ $secrets.k }"]]],
                    ],
                ]
            ],
            [
                "e": [
                    "try": [["r": ["raise": ["error": ["type": "${ .g }", "status": 400]]]]],
                    "catch": ["when": "$error.status == 400", "do": [["f": ["call": "f", "with": ["z": "${ .h }"]]]]],
                ]
            ],
        ]
        let use: JSONValue = [
            "functions": ["f": ["set": "${ .i }", "output": ["as": ".j"]]],
            "retries": ["unused": ["when": ".k", "delay": "${ .l }"]],
        ]
        let found = try Self.definition(tasks, use: use).expressions
        let texts = found.map { "\($0.pointer) \($0.program.text)" }
        #expect(
            texts.sorted() == [
                "/do/0/a/if .n > 0", "/do/0/a/input/from .a", "/do/0/a/set/x/0 .b", "/do/0/a/set/x/2/y .c + 1",
                "/do/1/b/do/0/w/wait .d", "/do/1/b/for/in .list", "/do/1/b/while $item > 1",
                "/do/2/c/switch/0/one/when .e", "/do/3/d/timeout/after .t",
                "/do/3/d/with/endpoint/authentication/bearer/token $secrets.k", "/do/3/d/with/endpoint/uri .u",
                "/do/3/d/with/headers/h .f", "/do/4/e/catch/do/0/f/with/z .h",
                "/do/4/e/catch/when $error.status == 400",
                "/do/4/e/try/0/r/raise/error/type .g", "/use/functions/f/output/as .j", "/use/functions/f/set .i",
                "/use/retries/unused/delay .l", "/use/retries/unused/when .k",
            ])
    }

    @Test func `a document has so many different expressions, and plain paths without number`() {
        func tasks(_ count: Int, _ text: (Int) -> String) -> JSONValue {
            .array(
                stride(from: 0, to: count, by: 200).map { start in
                    let members = (start..<min(start + 200, count)).map { ("x\($0)", JSONValue.string(text($0))) }
                    return .object(JSONObject([("t\(start)", ["set": .object(JSONObject(members))])]))
                })
        }
        let limit = WorkflowLimits.expressions
        #expect(violations(tasks(limit) { "${ .n + \($0) }" }) == [])
        #expect(violations(tasks(2 * limit) { "${ .n + \($0 % limit) }" }) == [])
        #expect(violations(tasks(2 * limit) { "${ .n\($0) }" }) == [])
        #expect(
            violations(tasks(limit + 2) { "${ .n + \($0) }" })
                == ["/do/2/t400/set/x500 a document has at most 500 different expressions that are no plain paths"])
    }
}
