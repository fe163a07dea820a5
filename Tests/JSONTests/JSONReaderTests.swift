import JSON
import Testing

@Suite struct JSONReaderTests {
    @Test func `fields that fit are read without a violation`() throws {
        let document = #"""
            {"name":"é😀","note":null,"count":1.0,"on":true,"list":[1,2],"more":{"a":1},
             "labels":{"k":"v"},"any":null}
            """#
        var reader = JSONObjectReader(try JSONParser.parse(document))
        #expect(reader.requiredString("name", maximumLength: 2) == "é😀")
        #expect(reader.optionalString("note", nullable: true) == nil)
        #expect(reader.optionalString("absent") == nil)
        #expect(reader.optionalInt64("count", range: 0...5) == 1)
        #expect(reader.requiredBool("on") == true)
        #expect(reader.requiredArray("list", maximumCount: 2) == [1, 2])
        #expect(reader.optionalObject("more") == ["a": 1])
        #expect(reader.stringMap("labels", maximumCount: 1, maximumKeyLength: 1, maximumLength: 1)?.first?.value == "v")
        #expect(reader.optionalValue("any") == .some(JSONValue.null))
        #expect(reader.isSound)
        #expect(reader.finish() == [])
    }

    @Test func `everything that does not fit is collected with its place`() throws {
        let place = JSONPointer.root.appending("items").appending(3)
        let document = #"""
            {"long":"s3cret","type":5,"null":null,"big":10,"half":1.5,"list":[1,2,3],"flag":"s3cret",
             "labels":{"a":1,"toolong":"x","c":"s3cret"},"strange/field":"s3cret"}
            """#
        var reader = JSONObjectReader(try JSONParser.parse(document), at: place)
        #expect(reader.requiredString("long", maximumLength: 5) == nil)
        #expect(reader.requiredString("type") == nil)
        #expect(reader.optionalString("null") == nil)
        #expect(reader.requiredValue("missing") == nil)
        #expect(reader.optionalInt64("big", range: 0...9) == nil)
        #expect(reader.requiredInt64("half", range: 0...9) == nil)
        #expect(reader.optionalArray("list", maximumCount: 2) == nil)
        #expect(reader.optionalBool("flag") == nil)
        #expect(reader.stringMap("labels", maximumKeyLength: 3, maximumLength: 5) == nil)
        reader.fail("long", "is odd")
        #expect(!reader.isSound)
        #expect(
            reader.finish().map { "\($0.pointer) \($0.detail)" } == [
                "/items/3/long must have at most 5 characters",
                "/items/3/type must be a string",
                "/items/3/null must be a string",
                "/items/3/missing is required",
                "/items/3/big must be a whole number from 0 to 9",
                "/items/3/half must be a whole number from 0 to 9",
                "/items/3/list must have at most 2 items",
                "/items/3/flag must be true or false",
                "/items/3/labels/a must be a string",
                "/items/3/labels/toolong the name must have at most 3 characters",
                "/items/3/labels/c must have at most 5 characters",
                "/items/3/long is odd",
                "/items/3/strange~1field unknown field",
            ])
    }

    @Test func `what is no object is one violation`() {
        for value: JSONValue in [nil, 1, "a", []] {
            var reader = JSONObjectReader(value)
            #expect(reader.requiredString("name") == nil)
            #expect(reader.finish() == [JSONViolation(pointer: .root, detail: "must be an object")])
        }
    }

    @Test func `an unknown field is known only by its bytes`() {
        var reader = JSONObjectReader(["\u{212A}": 1])
        #expect(reader.optionalValue("K") == nil)
        #expect(reader.finish().map(\.detail) == ["unknown field"])
    }

    @Test func `violations are bounded`() {
        var reader = JSONObjectReader(.object(JSONObject((0..<100).map { ("\($0)", 1) })))
        #expect(reader.finish().count == JSONObjectReader.maximumViolations)
        var other = JSONObjectReader([:])
        other.add(Array(repeating: JSONViolation(pointer: .root, detail: "x"), count: 100))
        #expect(other.finish().count == 32)
    }

    @Test func `too many members of a map are refused`() {
        var reader = JSONObjectReader(["labels": ["a": "1", "b": "2"]])
        #expect(reader.stringMap("labels", maximumCount: 1) == nil)
        #expect(reader.finish().map(\.detail) == ["must have at most 1 members"])
    }
}
