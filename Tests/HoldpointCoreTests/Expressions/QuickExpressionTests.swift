import HoldpointCore
import JSON
import Testing

@Suite("Expressions that need no evaluator")
struct QuickExpressionTests {
    private let input: JSONValue = [
        "a": ["b": [10, 20, ["c d": "x"]], "n": nil], "s": "text", "big": .integer(9_007_199_254_740_993), "if": true,
    ]

    private func outcome(_ text: String) throws -> ExpressionOutcome? {
        let program = try ExpressionProgram(text, arguments: ["context", "task"])
        let expression = Expression(program: program, input: input, arguments: ["context": ["k": [1, 2]]])
        #expect(program.isQuick == (expression.quickOutcome != nil))
        return expression.quickOutcome
    }

    @Test(arguments: [
        (".a.b[0]", "10"), (".a.b[-1].\"c d\"", "\"x\""), (".a.b[2][\"c d\"]", "\"x\""), (".[\"a\"].b[1]", "20"),
        (".\"s\"", "\"text\""), (" .a .b [ 1 ] # comment", "20"), (".if", "true"), (".a.b[3]", "null"),
        (".a.b[-4]", "null"), (".a.x.y.z", "null"), (".a.n[0].x", "null"), (".[\"\\u0073\"]", "\"text\""),
        ("$context.k[1]", "2"), ("$context", "{\"k\": [1, 2]}"), ("$task.x", "null"), ("$ context.k[0]", "1"),
        ("5", "5"),
        ("-5", "-5"), ("0.5", "0.5"), (".5", "0.5"), ("5.", "5"), ("007", "7"), ("1e3", "1000"), ("1.5E+1", "15"),
        ("\"a\\nb\"", "\"a\\nb\""), ("\"\"", "\"\""), ("null", "null"), ("true", "true"), ("false", "false"),
        (".big", "9007199254740993"),
    ])
    func `literals and paths have their values`(text: String, value: String) throws {
        guard case .value(let found) = try outcome(text) else {
            Issue.record("\(text) has no value")
            return
        }
        #expect(found.isEquivalent(to: try JSONParser.parse(value)), "\(text): \(found.text)")
    }

    @Test func `the input is itself, to the last digit`() throws {
        #expect(try outcome(".") == .value(input))
    }

    @Test(arguments: [
        (".s.x", "Cannot index string with string \"x\""), (".a[0]", "Cannot index object with number"),
        (".a.b.c", "Cannot index array with string \"c\""), (".if[0]", "Cannot index boolean with number"),
        (".a.b[0].x", "Cannot index number with string \"x\""),
    ])
    func `a part of what has no parts is an error`(text: String, detail: String) throws {
        #expect(try outcome(text) == .failure(ExpressionFailure(.failed, detail)))
    }

    @Test(arguments: [
        ".[]", ".a?", "..", ".a[1:2]", ".a, .s", ".a|.b", "$other", "[1]", "{}", "1+1", "\"\\(.s)\"", "@json", ".[.s]",
        ".[1.5]", ".[99999999999]", "- - 1", "--1", "true.a", "\"a\".b", "5[0]", ".a.[0]", "not", ".a b", "\"\\ud800\"",
        "@base64 \"a\"", ".a[]", ".[-]", ".[null]", ".a[\"b\"", "1 2",
    ])
    func `everything else is left to jq`(text: String) throws {
        guard let program = try? ExpressionProgram(text) else { return }
        #expect(!program.isQuick)
    }
}
