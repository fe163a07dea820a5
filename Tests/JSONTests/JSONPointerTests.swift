import JSON
import Testing

@Suite struct JSONPointerTests {
    private static let document: JSONValue = [
        "foo": ["bar", "baz"], "": 0, "a/b": 1, "c%d": 2, "e^f": 3, "g|h": 4, "i\\j": 5, "k\"l": 6, " ": 7, "m~n": 8,
    ]

    @Test(
        arguments: [
            ("/foo", ["bar", "baz"]), ("/foo/0", "bar"), ("/", 0), ("/a~1b", 1), ("/c%d", 2), ("/e^f", 3), ("/g|h", 4),
            ("/i\\j", 5), ("/k\"l", 6), ("/ ", 7), ("/m~0n", 8), ("/foo/2", nil), ("/foo/-", nil), ("/foo/00", nil),
            ("/foo/+1", nil), ("/foo/99999999999999999999", nil), ("/foo/0/x", nil), ("/nothing", nil),
        ] as [(String, JSONValue?)])
    func `the samples of RFC 6901, section 5, lead where they should`(text: String, value: JSONValue?) throws {
        let pointer = try #require(JSONPointer(parsing: text))
        #expect(pointer.resolve(in: Self.document) == value)
        #expect(pointer.description == text)
    }

    @Test func `the empty pointer is the whole document`() {
        #expect(JSONPointer(parsing: "") == .root)
        #expect(JSONPointer.root.resolve(in: Self.document) == Self.document)
    }

    @Test(arguments: ["a", "#/a", "/~", "/~2", "/a~", "/~a/b"])
    func `other texts are no pointers`(text: String) {
        #expect(JSONPointer(parsing: text) == nil)
    }

    @Test func `appending escapes`() {
        #expect(JSONPointer.root.appending("a/~b").appending(3).description == "/a~1~0b/3")
    }
}
