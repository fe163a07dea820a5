import JSON
import Testing

@Suite struct JSONParserTests {
    @Test func `a document keeps its order, its numbers and its escapes`() throws {
        let text = #"{"b":[1,-2.50,1E+3,true,false,null],"a":"x\"\\\u0001\n","é😀":{}}"#
        let value = try JSONParser.parse(text)
        #expect(value.text == text)
        #expect(value.objectValue?.keys == ["b", "a", "é😀"])
        #expect(value["b"]?.arrayValue?[2].int64Value == 1000)
    }

    @Test func `escapes and whitespace are read`() throws {
        let value = try JSONParser.parse(" \t\r\n[ \"\\u00e9\\ud83d\\ude00\\/\\b\\f\\n\\r\\t\" , { \"a\" : 1 } ] \n")
        #expect(value == ["é😀/\u{8}\u{c}\n\r\t", ["a": 1]])
    }

    @Test(arguments: Refusal.all)
    func `what is not a document is refused with its place`(refusal: Refusal) {
        let error = #expect(throws: JSONSyntaxError.self) { _ = try JSONParser.parse(refusal.bytes) }
        #expect(error?.kind == refusal.kind)
        #expect(error?.offset == refusal.offset)
        #expect(error?.pointer.description == refusal.pointer)
    }

    @Test func `line and column count scalars`() {
        let error = #expect(throws: JSONSyntaxError.self) { _ = try JSONParser.parse("{\n \"é😀\": x}") }
        #expect(error?.line == 2)
        #expect(error?.column == 8)
        #expect(error?.description == "line 2, column 8, at /é😀: this does not belong here")
    }

    @Test func `an error repeats only a part of a long key`() {
        let key = String(repeating: "k", count: 10_000)
        let nested = "{\"\(key)\":{\"\(key)\":{\"\(key)\":{\"\(key)\":{\"\(key)\":{\"\(key)\":?}}}}}}"
        let error = #expect(throws: JSONSyntaxError.self) { _ = try JSONParser.parse(nested) }
        #expect(error?.pointer.tokens.allSatisfy { $0.count <= 65 } == true)
        #expect((error?.description.count ?? .max) < 400)
    }

    @Test func `keys that differ only in their bytes are two keys`() throws {
        let value = try JSONParser.parse("{\"\\u00e9\":1,\"e\\u0301\":2}")
        #expect(value.objectValue?.count == 2)
        #expect(value["\u{e9}"] == 1)
        #expect(value["e\u{301}"] == 2)
    }

    @Test func `every limit holds at its edge`() throws {
        let depth = JSONLimits(maximumDepth: 3)
        #expect(throws: Never.self) { _ = try JSONParser.parse("[[{}]]", limits: depth) }
        #expect(kind { try JSONParser.parse("[[[[]]]]", limits: depth) } == .tooDeep)
        let length = JSONLimits(maximumBytes: 4)
        #expect(throws: Never.self) { _ = try JSONParser.parse("1234", limits: length) }
        #expect(kind { try JSONParser.parse("12345", limits: length) } == .tooLong)
        let number = JSONLimits(maximumNumberBytes: 3)
        #expect(throws: Never.self) { _ = try JSONParser.parse("1.2", limits: number) }
        #expect(kind { try JSONParser.parse("1.23", limits: number) } == .numberTooLong)
        #expect(throws: Never.self) { _ = try JSONParser.parse("1e9999999999") }
        #expect(kind { try JSONParser.parse("1e10000000000") } == .numberOutOfRange)
        let deep = JSONLimits(maximumDepth: .max)
        let open = String(repeating: "[", count: 256)
        let close = String(repeating: "]", count: 256)
        #expect(throws: Never.self) { _ = try JSONParser.parse(open + close, limits: deep) }
        #expect(kind { try JSONParser.parse("[" + open + close + "]", limits: deep) } == .tooDeep)
        #expect(JSONLimits.standard == JSONLimits(maximumBytes: 1_048_576, maximumDepth: 64, maximumNumberBytes: 1024))
    }

    @Test func `a hostile document neither overflows the stack nor takes long`() {
        let million = [UInt8](repeating: UInt8(ascii: "["), count: 1 << 20)
        #expect(kind { try JSONParser.parse(million) } == .tooDeep)
    }

    @Test func `the other ways in read the same`() throws {
        let bytes = Array("[1,\"a\"]".utf8)
        #expect(try JSONParser.parse(([0] + bytes)[1...]) == [1, "a"])
        #expect(try bytes.withUnsafeBytes { try JSONParser.parse($0) } == [1, "a"])
        #expect(kind { try JSONParser.parse([UInt8]()) } == .unexpectedEnd)
        #expect(kind { try JSONParser.parse(UnsafeRawBufferPointer(start: nil, count: 0)) } == .unexpectedEnd)
    }

    private func kind(_ parse: () throws -> JSONValue) -> JSONSyntaxError.Kind? {
        do {
            _ = try parse()
            return nil
        } catch {
            return (error as? JSONSyntaxError)?.kind
        }
    }
}

/// A document that is refused, and how.
struct Refusal: Sendable, CustomTestStringConvertible {
    let bytes: [UInt8]
    let kind: JSONSyntaxError.Kind
    let offset: Int
    let pointer: String

    init(_ text: String, _ kind: JSONSyntaxError.Kind, _ offset: Int, _ pointer: String = "") {
        self.init(Array(text.utf8), kind, offset, pointer)
    }

    init(_ bytes: [UInt8], _ kind: JSONSyntaxError.Kind, _ offset: Int, _ pointer: String = "") {
        self.bytes = bytes
        self.kind = kind
        self.offset = offset
        self.pointer = pointer
    }

    var testDescription: String { "\(kind): \(String(decoding: bytes, as: UTF8.self))" }

    static let all: [Refusal] = structure + numbers + strings

    private static let structure: [Refusal] = [
        Refusal("", .unexpectedEnd, 0),
        Refusal("  ", .unexpectedEnd, 2),
        Refusal("[", .unexpectedEnd, 1),
        Refusal("{", .unexpectedEnd, 1),
        Refusal("[1", .unexpectedEnd, 2),
        Refusal("[1,", .unexpectedEnd, 3, "/1"),
        Refusal("{\"a\"", .unexpectedEnd, 4, "/a"),
        Refusal("{\"a\":", .unexpectedEnd, 5, "/a"),
        Refusal("{\"a\":1", .unexpectedEnd, 6),
        Refusal("[1,]", .unexpectedByte, 3, "/1"),
        Refusal("[,1]", .unexpectedByte, 1, "/0"),
        Refusal("{\"a\":1,}", .unexpectedByte, 7),
        Refusal("{a:1}", .unexpectedByte, 1),
        Refusal("{1:1}", .unexpectedByte, 1),
        Refusal("{\"a\" 1}", .unexpectedByte, 5, "/a"),
        Refusal("[1 2]", .unexpectedByte, 3),
        Refusal("[1}", .unexpectedByte, 2),
        Refusal("]", .unexpectedByte, 0),
        Refusal("tru", .unexpectedEnd, 3),
        Refusal("trux", .unexpectedByte, 3),
        Refusal("True", .unexpectedByte, 0),
        Refusal("nul", .unexpectedEnd, 3),
        Refusal("NaN", .unexpectedByte, 0),
        Refusal("Infinity", .unexpectedByte, 0),
        Refusal("'a'", .unexpectedByte, 0),
        Refusal("// a\n1", .unexpectedByte, 0),
        Refusal("1 2", .trailingBytes, 2),
        Refusal("{}x", .trailingBytes, 2),
        Refusal("{} \0", .trailingBytes, 3),
        Refusal([0xEF, 0xBB, 0xBF, 0x31], .byteOrderMark, 0),
        Refusal("{\"a\":1,\"a\":2}", .duplicateKey, 7, "/a"),
        Refusal("{\"a\":{\"b\":1,\"\\u0062\":2}}", .duplicateKey, 12, "/a/b"),
        Refusal("[\u{A0}1]", .unexpectedByte, 1, "/0"),
    ]

    private static let numbers: [Refusal] = [
        Refusal("01", .invalidNumber, 1),
        Refusal("-", .unexpectedEnd, 1),
        Refusal("-a", .invalidNumber, 1),
        Refusal("-01", .invalidNumber, 2),
        Refusal("+1", .unexpectedByte, 0),
        Refusal(".5", .unexpectedByte, 0),
        Refusal("1.", .unexpectedEnd, 2),
        Refusal("[1.]", .invalidNumber, 3, "/0"),
        Refusal("[1e]", .invalidNumber, 3, "/0"),
        Refusal("[1e+]", .invalidNumber, 4, "/0"),
        Refusal("1.e1", .invalidNumber, 2),
        Refusal("0x10", .trailingBytes, 1),
        Refusal("1_000", .trailingBytes, 1),
        Refusal("--1", .invalidNumber, 1),
        Refusal("1e10000000000", .numberOutOfRange, 13),
    ]

    private static let strings: [Refusal] = [
        Refusal("\"", .unexpectedEnd, 1),
        Refusal("\"a", .unexpectedEnd, 2),
        Refusal("\"\\", .unexpectedEnd, 2),
        Refusal("\"\\\"", .unexpectedEnd, 3),
        Refusal("\"\\x\"", .invalidEscape, 2),
        Refusal("\"\\u12g4\"", .invalidEscape, 5),
        Refusal("\"\\u12", .unexpectedEnd, 5),
        Refusal("\"\\ud800\"", .loneSurrogate, 1),
        Refusal("\"\\udc00\"", .loneSurrogate, 1),
        Refusal("\"\\ud800\\u0041\"", .loneSurrogate, 1),
        Refusal("\"a\\ud83dxx\"", .loneSurrogate, 2),
        Refusal("\"a\u{1}\"", .controlCharacter, 2),
        Refusal("\"a\nb\"", .controlCharacter, 2),
        Refusal("\"\\n\t\"", .controlCharacter, 3),
        Refusal([0x22, 0x61, 0xFF, 0x22], .invalidUTF8, 2),
        Refusal([0x22, 0xC0, 0x80, 0x22], .invalidUTF8, 1),
        Refusal([0x22, 0xED, 0xA0, 0x80, 0x22], .invalidUTF8, 1),
        Refusal([0x22, 0xF4, 0x90, 0x80, 0x80, 0x22], .invalidUTF8, 1),
        Refusal([0x22, 0xC3, 0x22], .invalidUTF8, 1),
        Refusal([0x22, 0x5C, 0x6E, 0x61, 0x80, 0x22], .invalidUTF8, 4),
        Refusal([0x7B, 0x22, 0xFF, 0x22, 0x3A, 0x31, 0x7D], .invalidUTF8, 2),
    ]
}
