import JSON
import Testing

@Suite struct JSONWriterTests {
    @Test func `a document by hand has its commas`() {
        var writer = JSONWriter(reserving: 100)
        writer.beginObject()
        writer.key("a\"")
        writer.beginArray()
        writer.integer(.min)
        writer.integer(0)
        writer.bool(true)
        writer.null()
        writer.beginObject()
        writer.endObject()
        writer.beginArray()
        writer.endArray()
        writer.string("x\n")
        writer.endArray()
        writer.key("b")
        writer.value(["c": [1, false]])
        writer.key("d")
        writer.raw(Array("[2]".utf8))
        writer.key("e")
        writer.integer(.max)
        writer.endObject()
        #expect(
            String(decoding: writer.bytes, as: UTF8.self)
                == #"{"a\"":[-9223372036854775808,0,true,null,{},[],"x\n"],"b":{"c":[1,false]},"#
                + #""d":[2],"e":9223372036854775807}"#)
    }

    @Test func `only what must be escaped is escaped`() {
        let controls = String(String.UnicodeScalarView((0..<0x20).compactMap { Unicode.Scalar(UInt32($0)) }))
        #expect(
            JSONValue.string(controls).text
                == #""\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\b\t\n\u000b\f\r\u000e\u000f"#
                + #"\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001a\u001b\u001c\u001d\u001e\u001f""#)
        for control in ["\u{0}", "\u{1}", "\u{1f}", "\"", "\\"] {
            let plain = String(repeating: "a", count: 20)
            let escape = JSONValue.string(control).text.dropFirst().dropLast()
            #expect(JSONValue.string(plain + control + plain).text == "\"\(plain)\(escape)\(plain)\"")
        }
        #expect(JSONValue.string("/\u{7f}é\u{2028}😀'\"\\").text == "\"/\u{7f}é\u{2028}😀'\\\"\\\\\"")
    }

    @Test func `every length of a plain run is written whole`() throws {
        for length in 0..<40 {
            for special in ["", "\"", "\\", "\u{1}", "é", "\u{1f}"] {
                let text = String(repeating: "a", count: length) + special + String(repeating: "b", count: length % 9)
                #expect(try JSONParser.parse(JSONValue.string(text).serialized()) == .string(text))
            }
        }
    }

    @Test func `writing appends`() {
        var bytes: [UInt8] = [0x20]
        JSONValue.array([]).write(into: &bytes)
        #expect(bytes == Array(" []".utf8))
    }
}
