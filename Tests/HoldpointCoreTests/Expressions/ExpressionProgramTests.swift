import HoldpointCore
import JSON
import Testing

@Suite("Checks of expressions")
struct ExpressionProgramTests {
    private func refusal(of text: String) -> ExpressionFault? {
        do throws(ExpressionFault) {
            _ = try ExpressionProgram(text, arguments: ["context"])
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: [
        ("import \"a\" as $a; .", "import"), ("include \"a\"; .", "include"), ("module {}; .", "module"),
        ("\"a\" | modulemeta", "modulemeta"), ("get_search_list", "get_search_list"), ("env", "env"),
        ("env.PATH", "env"), ("$ENV", "$ENV"), ("$ENV.PATH", "$ENV"), ("$ ENV", "$ENV"), ("$ # c\n ENV", "$ENV"),
        ("{$ENV}", "$ENV"), ("now", "now"), ("now|todate", "now"), ("input", "input"), ("[inputs]", "inputs"),
        ("input_filename", "input_filename"), ("input_line_number", "input_line_number"), ("debug", "debug"),
        ("debug(1)", "debug"), ("stderr", "stderr"), ("halt", "halt"), ("halt_error", "halt_error"),
        ("halt_error(1)", "halt_error"), ("$__loc__", "$__loc__"), ("{$__loc__}", "$__loc__"),
        ("$__prog_args", "$__prog_args"), ("localtime", "localtime"), ("strflocaltime(\"%Y\")", "strflocaltime"),
        ("get_jq_origin", "get_jq_origin"), ("get_prog_origin", "get_prog_origin"),
        ("def f: now; f", "now"), ("def now: 1; now", "now"), (".a|=now", "now"), ("[.[]|now]", "now"),
        ("{a:now}", "now"), ("{a: 1, b: now}", "now"), ("{(now|tostring): 1}", "now"), ("-now", "now"),
        ("{a: if true then 1, now else 2 end}", "now"), ("{a: (1, now)}", "now"), ("{a: [1, env]}", "env"),
        ("{a: 1 | now}", "now"), (".a.b?//now", "now"), ("1+now", "now"), ("1e5now", "now"), (".[now]", "now"),
        ("\"\\(now)\"", "now"), ("\"a \\(\"b \\($ENV.X)\") c\"", "$ENV"), ("@base64 \"\\(env)\"", "env"),
        ("{\"\\(input)\": 1}", "input"), ("# a \\\nnow", "now"), ("\"\\\\\\(now)\"", "now"),
    ])
    func `what reaches beyond the input is refused wherever it stands`(text: String, name: String) throws {
        let fault = try #require(refusal(of: text), "\(text) passed")
        #expect(fault.detail.hasPrefix("'\(name)' is not available: "), "\(text): \(fault)")
    }

    @Test(arguments: [
        ".now", ".env.PATH", ".input", "{now: 1}", "{input}", "{debug, halt: .x}", "{\"now\": 1}", "\"now\"",
        "\"$ENV and \\\\(now)\"", "\"\\\"now\\\"\"", "\"\\u(now)\"", "# now\n.a", ".a # now", "@text \"now\"",
        ".[\"env\"]",
        ". as {now: $x} | $x", ". as {a: 1, now: $x} | $x", ".nowhere", "nowhere", "$nowhere",
        "{a: {input: 1}, now: 2}",
        "if . then 1 elif .a then 2 else {now: 1} end", "{if: 1, end: 2, import: 3}", ".if", "{a: .if, now: 1}",
        "builtins", "label $f | 1, break $f", "reduce .[] as $x (0; . + $x)", "[limit(3; .[])]", ".a?//1", "..",
        "try error(\"x\") catch .", "a::b", "1.5e-3", ".5", "5.", "007", "[.[-1:]]", "@json", "env_var", "$context.now",
    ])
    func `names of data are no names of functions`(text: String) {
        #expect(refusal(of: text) == nil)
    }

    @Test(arguments: [
        ("", "the expression is empty", 1, 1), (" # nothing\n", "the expression is empty", 1, 1),
        (".a |\n  now", "'now' is not available", 2, 3), ("\"é\\(now)\"", "'now' is not available", 1, 5),
        ("(.a", "something that was opened is not closed", 1, 4), ("1) | (2", "this closes nothing that is open", 1, 2),
        ("[1}", "this closes nothing that is open", 1, 3), ("\"a\\(1", "something that was opened", 1, 6),
        ("if 1 then 2", "something that was opened", 1, 12), ("1 end", "there is no 'if'", 1, 3),
        ("[if 1 ]", "this closes nothing", 1, 7), ("\"abc", "the string is not closed", 1, 1),
        ("\"abc\\", "the string is not closed", 1, 1), (". § .", "this character has no meaning here", 1, 3),
        ("'a'", "this character has no meaning here", 1, 1), ("$", "a name must follow the dollar sign", 1, 1),
        ("$1", "a name must follow the dollar sign", 1, 1), (".\u{0}", "a NUL byte has no place", 1, 2),
        (". + 9007199254740993", "jq would read 9007199254740993 as another number", 1, 5),
        ("1e400", "jq would read 1e400 as another number", 1, 1),
        ("[0.1000000000000000055]", "jq would read 0.1000000000000000055 as", 1, 2),
        ("1e99999999999", "jq would read 1e99999999999 as", 1, 1),
    ])
    func `a fault says what and where`(text: String, detail: String, line: Int, column: Int) throws {
        let fault = try #require(refusal(of: text))
        #expect(fault.detail.hasPrefix(detail), "\(fault)")
        #expect(fault.line == line && fault.column == column, "\(fault)")
        #expect(fault.description == "line \(line), column \(column): \(fault.detail)")
    }

    @Test func `length and nesting are limited`() {
        let longest = String(repeating: " ", count: ExpressionProgram.maximumBytes - 1) + "."
        #expect(refusal(of: longest) == nil)
        #expect(refusal(of: longest + " ")?.detail == "an expression holds at most 16384 bytes")
        #expect(refusal(of: String(repeating: "[", count: 128) + String(repeating: "]", count: 128)) == nil)
        let fault = refusal(of: String(repeating: "[", count: 129) + String(repeating: "]", count: 129))
        #expect(fault?.detail == "more than 128 levels are open" && fault?.offset == 128)
    }

    @Test func `the arguments that a program mentions are known, and only those are carried`() throws {
        let names: Set<String> = ["context", "task", "each"]
        let program = try ExpressionProgram("$task.a + \"\\($context)\" + $other", arguments: names)
        #expect(program.arguments == ["context", "task"])
        let expression = Expression(
            program: program, input: 1, arguments: ["each": 1, "task": 2, "more": 3])
        #expect(expression.arguments == ["context": nil, "task": 2])
        #expect(try ExpressionProgram("$task", arguments: []) != ExpressionProgram("$task", arguments: ["task"]))
    }

    @Test func `a failure's detail is cut`() {
        #expect(ExpressionFailure(.failed, String(repeating: "x", count: 1_024)).detail.count == 1_024)
        #expect(ExpressionFailure(.failed, String(repeating: "x", count: 1_025)).detail.count == 1_025)
        #expect(ExpressionFailure(.failed, String(repeating: "x", count: 9_999)).detail.hasSuffix("x…"))
    }

    @Test func `numbers that doubles cannot hold are found`() {
        let exact: JSONValue = ["a": [1, .integer(9_007_199_254_740_992), "9007199254740993"]]
        #expect(exact.inexactNumber == nil)
        let inexact: JSONValue = ["a": [1, ["b/c": .integer(9_007_199_254_740_993)]]]
        #expect(inexact.inexactNumber?.description == "/a/1/b~1c")
        #expect(JSONValue.integer(.max).inexactNumber == .root)
    }
}
