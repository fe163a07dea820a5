import JSON
import Testing

@Suite struct JSONValueTests {
    @Test func `a value stays small`() {
        #expect(MemoryLayout<JSONValue>.stride <= 24)
        #expect(MemoryLayout<JSONNumber>.stride <= 24)
    }

    @Test func `a value shows only what it is`() {
        let values: [JSONValue] = [nil, true, 1, "a", [2], ["k": 3]]
        #expect(values.map(\.isNull) == [true, false, false, false, false, false])
        #expect(values.map(\.boolValue) == [nil, true, nil, nil, nil, nil])
        #expect(values.map(\.int64Value) == [nil, nil, 1, nil, nil, nil])
        #expect(values.map(\.doubleValue) == [nil, nil, 1, nil, nil, nil])
        #expect(values.map(\.stringValue) == [nil, nil, nil, "a", nil, nil])
        #expect(values.map(\.arrayValue) == [nil, nil, nil, nil, [2], nil])
        #expect(values.map { $0["k"] } == [nil, nil, nil, nil, nil, 3])
    }

    @Test(arguments: [
        ("1", "1.0", true), ("1e2", "100", true), ("0", "-0", true), ("0.1", "0.10", true), ("1", "2", false),
        ("9007199254740993", "9007199254740992", false), ("1e9999999999", "1e9999999998", false), ("1", "\"1\"", false),
        ("{\"a\":1,\"b\":[2]}", "{\"b\":[2.0],\"a\":1e0}", true), ("{\"a\":1}", "{\"a\":1,\"b\":1}", false),
        ("{\"a\":1}", "{\"b\":1}", false), ("[1,2]", "[2,1]", false), ("[1]", "[1,1]", false), ("null", "false", false),
        ("\"\\u00e9\"", "\"e\\u0301\"", false), ("\"\\u0061\"", "\"a\"", true),
    ])
    func `equivalence is that of the data model`(left: String, right: String, isEquivalent: Bool) throws {
        let left = try JSONParser.parse(left)
        let right = try JSONParser.parse(right)
        #expect(left.isEquivalent(to: right) == isEquivalent)
        #expect(right.isEquivalent(to: left) == isEquivalent)
    }

    @Test func `equality is that of the text`() throws {
        #expect(try JSONParser.parse("1") != JSONParser.parse("1.0"))
        #expect(try JSONParser.parse(#"{"a":1,"b":2}"#) != JSONParser.parse(#"{"b":2,"a":1}"#))
        #expect(JSONValue.string("\u{e9}") != .string("e\u{301}"))
        #expect(Set<JSONValue>([1, 1, "a", "a", ["k": 1], ["k": 1]]).count == 3)
    }

    @Test func `an object keeps places and stays quick when large`() {
        var object: JSONObject = ["a": 1, "b": 2, "c": 3, "a": 4]
        #expect(object.keys == ["a", "b", "c"])
        #expect(object["a"] == 4)
        object["b"] = nil
        object["d"] = 5
        object["a"] = 6
        #expect(JSONValue.object(object).text == #"{"a":6,"c":3,"d":5}"#)
        var large = JSONObject()
        for number in 0..<20_000 { large["key\(number)"] = .integer(Int64(number)) }
        #expect((0..<20_000).allSatisfy { large["key\($0)"] == .integer(Int64($0)) })
        #expect(large.count == 20_000 && large["absent"] == nil)
        large["key3"] = nil
        #expect(large["key3"] == nil && large["key4"] == 4 && large["key19999"] == 19_999)
        for number in 16..<20_000 where number % 1_000 != 0 { #expect(large.contains("key\(number)")) }
    }

    @Test func `an object that shrinks finds its keys`() {
        var object = JSONObject((0..<18).map { ("\($0)", .integer($0)) })
        for number in 0..<15 { object["\(number)"] = nil }
        #expect(object.keys == ["15", "16", "17"])
        #expect(object["16"] == 16 && object["2"] == nil)
        #expect(object == ["15": 15, "16": 16, "17": 17])
    }
}
