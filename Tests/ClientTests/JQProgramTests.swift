import JQClient
import Testing

@Suite("Programs of jq")
struct JQProgramTests {
    private func run(_ text: String, _ input: String, _ variables: [String] = []) throws -> String {
        let program = try JQProgram(source: JQProgram.source(of: text, variables: variables))
        return String(decoding: try program.run(Array(input.utf8)), as: UTF8.self)
    }

    private func error(_ text: String, _ input: String = "[null]") -> JQError? {
        do {
            _ = try run(text, input)
            return nil
        } catch {
            return error as? JQError
        }
    }

    @Test func `a program sees its input and its variables`() throws {
        #expect(try run(".a + $b + $c", #"[{"a":1},20,300]"#, ["b", "c"]) == "321")
        #expect(try run("def f: . * 2; f # twice", "[4]") == "8")
        #expect(try run("$b", #"[1,{"x":[null,true,"é\u0000"]}]"#, ["b"]) == #"{"x":[null,true,"é\u0000"]}"#)
    }

    @Test func `a program can run again, also after it failed`() throws {
        let program = try JQProgram(source: JQProgram.source(of: "if . == 1 then error(\"one\") else . end"))
        for _ in 0..<3 {
            #expect(throws: JQError.failed("one")) { try program.run(Array("[1]".utf8)) }
            #expect(try program.run(Array("[2]".utf8)) == Array("2".utf8))
        }
    }

    @Test func `what has not exactly one value is an error`() {
        #expect(error("empty") == .noValue)
        #expect(error("1, 2") == .severalValues)
        #expect(error("1, error(\"late\")") == .failed("late"))
        #expect(error("error({a: 1})") == .failed(#"(not a string): {"a":1}"#))
        #expect(error(".a", #"[[1]]"#) == .failed("Cannot index array with string \"a\""))
        #expect(error(".", "1") == .notAnInput)
        #expect(error(".", "[1") == .notAnInput)
        #expect(error(".", "") == .notAnInput)
        let deep = String(repeating: "[", count: 300) + String(repeating: "]", count: 300)
        #expect(error(".", deep) == .notAnInput)
    }

    @Test func `a program that does not compile says why in one line`() {
        for text in [".a |", "nothing", "$nothing", "1) | (2) | ((", "{", "", "if"] {
            guard case .invalid(let message)? = error(text) else {
                Issue.record("'\(text)' compiled")
                continue
            }
            #expect(!message.isEmpty && !message.contains("\n") && !message.contains("top-level"), "\(message)")
        }
        #expect(error("nothing") == .invalid("nothing/0 is not defined"))
    }

    @Test func `a value longer than its limit is an error`() throws {
        let program = try JQProgram(source: JQProgram.source(of: "\"x\" * ."))
        #expect(try program.run(Array("[8]".utf8), maximumBytes: 10).count == 10)
        #expect(throws: JQError.tooLong(10)) { try program.run(Array("[9]".utf8), maximumBytes: 10) }
    }

    @Test func `long messages are cut`() {
        guard case .failed(let message)? = error("error(\"x\" * 9999)") else {
            Issue.record("no error")
            return
        }
        #expect(message.utf8.count == JQProgram.maximumMessage + "…".utf8.count)
    }

    @Test func `even what should have been refused breaks nothing`() {
        #expect(error("input") != nil)
        #expect(error("[inputs]") == nil)
        #expect(error("debug") == nil)
        #expect(error("import \"a\" as $a; .") != nil)
    }

    @Test func `numbers are doubles here`() throws {
        #expect(try run(".", "[9007199254740993]") == "9007199254740992")
        #expect(try run("tonumber", "[\"9007199254740993\"]") == "9007199254740992")
        #expect(try run(". + 0.2", "[0.1]") == "0.30000000000000004")
    }
}
