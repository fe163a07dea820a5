import HoldpointPorts
import JSON
import Testing
import YAMLDocuments

@Suite("YAML documents")
struct YAMLDocumentsTests {
    private func json(_ text: String, _ limits: YAMLDocumentLimits = YAMLDocumentLimits()) throws -> String {
        try YAMLDocuments(limits: limits).document(text).text
    }

    private func refusal(_ text: String, _ limits: YAMLDocumentLimits = YAMLDocumentLimits()) -> String? {
        do {
            _ = try YAMLDocuments(limits: limits).document(text)
            return nil
        } catch {
            return error.description
        }
    }

    @Test func `a document is read with its order and its exact numbers`() throws {
        let text = """
            # an invoice
            document: {dsl: 1.0.0, name: invoice, version: '0.1'}
            do:
            - ask:
                call: human
                with: &with
                  title: >-
                    Pay
                    this?
                  amount: 10.00
            - again: *with
            """
        #expect(
            try json(text)
                == #"{"document":{"dsl":"1.0.0","name":"invoice","version":"0.1"},"do":[{"ask":{"call":"human","with":"#
                + #"{"title":"Pay this?","amount":10.00}}},{"again":{"title":"Pay this?","amount":10.00}}]}"#)
    }

    @Test(arguments: [
        ("", "null"), ("~", "null"), ("null", "null"), ("Null", "null"), ("NULL", "null"), ("nULL", #""nULL""#),
        ("true", "true"), ("True", "true"), ("TRUE", "true"), ("false", "false"), ("False", "false"),
        ("FALSE", "false"), ("yes", #""yes""#), ("no", #""no""#), ("on", #""on""#), ("Off", #""Off""#), ("y", #""y""#),
        ("0", "0"), ("-0", "-0"), ("+12", "12"), ("010", "10"), ("-007", "-7"), ("0o17", "15"), ("0x1F", "31"),
        ("0xffffffffffffffff", "18446744073709551615"), ("0o8", #""0o8""#), ("-0x1", #""-0x1""#), ("0x", #""0x""#),
        ("0X1", #""0X1""#), ("0b1", #""0b1""#), ("1_000", #""1_000""#), ("12:30", #""12:30""#),
        ("9007199254740993", "9007199254740993"), ("12345678901234567890123", "12345678901234567890123"),
        ("0.1", "0.1"), ("0.10", "0.10"), ("1.", "1"), (".5", "0.5"), ("-.5", "-0.5"), ("+.5e-3", "0.5e-3"),
        ("1e3", "1e3"), ("1E+03", "1e+03"), ("1.e5", "1e5"), ("00.10", "0.10"),
        (".", #"".""#), ("-", nil), ("+", #""+""#), ("1.0.0", #""1.0.0""#), ("1e", #""1e""#), ("e1", #""e1""#),
        ("2026-11-21", #""2026-11-21""#), ("'1'", #""1""#), ("\"null\"", #""null""#), ("|\n  1", #""1""#),
        ("!!str 1", #""1""#), ("!!str", #""""#), ("!!int \"0x10\"", "16"), ("!!float 1", "1"),
        ("!!bool 'true'", "true"),
        ("!!null ''", "null"), ("!!seq []", "[]"), ("!!map {}", "{}"), (".Inf.", #"".Inf.""#),
    ])
    func `a scalar is what the core schema says`(text: String, expected: String?) throws {
        if let expected {
            #expect(try json("a: \(text)") == #"{"a":\#(expected)}"#)
        } else {
            #expect(refusal("a: \(text)") != nil)
        }
    }

    @Test(arguments: [
        ".inf", "-.Inf", "+.INF", ".nan", ".NaN", "!!int 1.0", "!!int 1e3", "!!bool 1", "!!null 0", "!!float x",
        "!local 1",
        "!!timestamp 2026-11-21", "!!binary YQ==", "!!set {}", "!!map []", "!!seq {}", "!!str []", "!<tag:x> 1",
        "1e99999999999", "0x10000000000000000", "0o7777777777777777777777777",
    ])
    func `a scalar that JSON or the schema does not have is refused`(text: String) {
        #expect(refusal("a: \(text)")?.hasPrefix("line 1, column 4: ") == true)
    }

    @Test func `a number is as long as a number of JSON may be`() throws {
        let longest = String(repeating: "9", count: JSONLimits.standard.maximumNumberBytes)
        #expect(try json(longest) == longest)
        #expect(refusal(longest + "9")?.contains("too long") == true)
    }

    @Test(arguments: [
        ("a: 1\nb: 2\na: 3", "line 3, column 1: the same key comes twice in one mapping"),
        ("{a: 1, 'a': 2}", "line 1, column 8: the same key comes twice in one mapping"),
        ("1: x", "line 1, column 1: a key must be a string; put it between quotes"),
        ("true: x", "line 1, column 1: a key must be a string; put it between quotes"),
        ("? [a]\n: x", "line 1, column 3: a key must be a string, written out"),
        ("a: &k b\n*k : 1", "line 2, column 1: a key must be a string, written out"),
        ("a: &k {b: 1}\nc:\n  <<: *k", "line 3, column 3: YAML 1.2 has no merge keys; write the members out"),
        ("a: 1\n---\nb: 2", "line 2, column 1: a second document follows; there must be one"),
        ("", "line 1, column 1: there is no document"),
        ("# nothing\n", "line 2, column 1: there is no document"),
        ("%YAML 1.1\n---\na: 1", "line 1, column 1: only YAML 1.2 is read"),
        ("a: *b", "line 1, column 4: there is no anchor of this name before it"),
        ("a: &a [*a]", "line 1, column 8: the alias is within what it names"),
        ("a: &a [&a 1]", "line 1, column 8: the anchor is within itself"),
        ("a: [1", "line 2, column 1: while parsing a flow sequence: did not find expected ',' or ']'"),
    ])
    func `what is no one JSON value is refused with its place`(text: String, expected: String) {
        #expect(refusal(text) == expected)
    }

    @Test func `keys are compared by their bytes, and quoted ones may look like anything`() throws {
        #expect(try json("'1': a\n\"null\": b\n'<<': c\non: d") == #"{"1":"a","null":"b","<<":"c","on":"d"}"#)
        #expect(try json("\u{E9}: 1\ne\u{301}: 2") == "{\"\u{E9}\":1,\"e\u{301}\":2}")
    }

    @Test(arguments: [
        #"{"a":[1,2.50,-0,1E5,true,null,"\ud83d\ude00\/\u0000"],"":{}}"#, "[]", #""x""#, "\t{ \"a\" :\n\t1 }\r\n",
        #"{"\#(String(repeating: "k", count: 5_000))":1}"#, "{\"a\":\"\u{2028}\u{7F}\"}",
    ])
    func `JSON text is what JSON says`(text: String) throws {
        #expect(try YAMLDocuments().document(text) == JSONParser.parse(text))
    }

    @Test func `an anchor given again stands for the later value`() throws {
        #expect(try json("[&a 1, *a, &a [*a], *a]".replacing("[*a]", with: "[2]")) == "[1,1,[2],[2]]")
        #expect(try json("- &a {b: &b 1}\n- *b\n- *a") == #"[{"b":1},1,{"b":1}]"#)
    }

    /// Lists of lists of nine aliases each, as the attack of that name has it.
    private func laughs(_ levels: Int) -> String {
        var lines = ["a0: &a0 lol"]
        for level in 1...levels {
            let copies = Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", ")
            lines.append("a\(level): &a\(level) [\(copies)]")
        }
        return lines.joined(separator: "\n")
    }

    @Test(.timeLimit(.minutes(1)))
    func `a billion laughs are refused before they are written out`() throws {
        #expect(try YAMLDocuments().document(laughs(4))["a4"]?.arrayValue?.count == 9)
        #expect(refusal(laughs(9))?.contains("more than 100000 values") == true)
        #expect(refusal(laughs(40))?.contains("more than 100000 values") == true)
        let copies = Array(repeating: "*a", count: 50).joined(separator: ",")
        let long = "a: &a \(String(repeating: "x", count: 100_000))\nb: [\(copies)]"
        #expect(refusal(long)?.contains("longer than 1048576 bytes") == true)
    }

    @Test func `what aliases come to is counted as the JSON text that they become`() throws {
        let text = "a: &a [1, \"x\\n\", {b: ~, 'c\"': []}]\nd: *a\ne: {f: *a, g: *a}"
        let written = try json(text)
        var limits = YAMLDocumentLimits()
        limits.documentBytes = written.utf8.count
        limits.nodes = 2 + 4 * 6
        #expect(try json(text, limits) == written)
        #expect(try json(written, limits) == written)
        limits.documentBytes -= 1
        #expect(refusal(text, limits)?.contains("longer than \(limits.documentBytes) bytes") == true)
        #expect(refusal(written, limits)?.contains("longer than \(limits.documentBytes) bytes") == true)
        limits.documentBytes += 1
        limits.nodes -= 1
        #expect(refusal(text, limits)?.contains("more than \(limits.nodes) values") == true)
        #expect(refusal(written, limits)?.contains("more than \(limits.nodes) values") == true)
    }

    @Test func `a document nests 63 deep and no deeper, aliases included`() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(try json("\(nested(63)) #") == nested(63))
        #expect(refusal("\(nested(64)) #") == "line 1, column 64: lists and mappings nest more than 63 deep")
        #expect(refusal(nested(64)) == "line 1, column 64: lists and mappings nest more than 63 deep")
        #expect(try json("a: &a \(nested(60))\nb: [[*a]]").hasPrefix("{"))
        #expect(
            refusal("a: &a \(nested(61))\nb: [[*a]]") == "line 2, column 6: lists and mappings nest more than 63 deep")
        #expect(refusal(String(repeating: "[", count: 1 << 20))?.contains("63 deep") == true)
        #expect(refusal(String(repeating: "- ", count: 1 << 19))?.contains("63 deep") == true)
    }

    @Test func `a text is at most 1 MiB long`() {
        let text = "a: #" + String(repeating: "x", count: (1 << 20) - 4)
        #expect(refusal(text) == nil)
        #expect(refusal(text + "x") == "line 1, column 1: the text is longer than 1048576 bytes")
    }

    @Test func `a node without YAML reads documents as JSON`() throws {
        #expect(try JSONDocuments().document(#"{"a":1.0}"#).text == #"{"a":1.0}"#)
        let error = #expect(throws: InvalidDocument.self) { try JSONDocuments().document("{\n a: 1}") }
        #expect(error?.description == "line 2, column 2: this does not belong here")
    }
}
