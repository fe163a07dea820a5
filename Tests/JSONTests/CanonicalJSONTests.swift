import JSON
import Testing

@Suite struct CanonicalJSONTests {
    @Test(arguments: NumberSample.table)
    func `numbers look as in the table of RFC 8785, appendix B`(sample: NumberSample) throws {
        let number = try #require(JSONNumber(Double(bitPattern: sample.bits)))
        #expect(try canonical(.number(number)) == sample.text)
    }

    @Test func `an infinity and what is no number cannot be made`() {
        #expect(JSONNumber(Double(bitPattern: 0x7fff_ffff_ffff_ffff)) == nil)
        #expect(JSONNumber(Double(bitPattern: 0x7ff0_0000_0000_0000)) == nil)
    }

    @Test func `keys are in the order of UTF-16 as in RFC 8785, section 3-2-3`() throws {
        let document = #"""
            {"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One",
             "\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"}
            """#
        let encoded = try JSONParser.parse(try canonical(try JSONParser.parse(document)))
        #expect(
            encoded.objectValue?.map(\.value) == [
                "Carriage Return", "One", "Control", "Latin Small Letter O With Diaeresis", "Euro Sign",
                "Emoji: Grinning Face", "Hebrew Letter Dalet With Dagesh",
            ])
    }

    @Test func `the sample of RFC 8785, section 3-2-2, has its one form`() throws {
        let document = #"""
            {
              "numbers": [333333333.3333333, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
              "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
              "literals": [null, true, false]
            }
            """#
        #expect(
            try canonical(try JSONParser.parse(document))
                == #"{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"#
                + #""string":"€$\u000f\nA'B\"\\\\\"/"}"#)
    }

    @Test func `equal values in other spelling have the same form`() throws {
        for text in ["1", "1.0", "1.000", "10e-1", "0.1e1", "100E-2"] {
            #expect(try canonical(try JSONParser.parse(text)) == "1")
        }
        for text in ["0", "-0", "0.0", "-0e5", "0e9999999999"] {
            #expect(try canonical(try JSONParser.parse(text)) == "0")
        }
    }

    @Test(arguments: [
        "9007199254740993", "1e400", "-1e999999999", "1e-999999999", "333333333.33333329", "9223372036854775807",
        "0.10000000000000000001",
    ])
    func `a number that does not survive a double is refused with its pointer`(text: String) throws {
        let value: JSONValue = ["a": ["x", ["b/c": try JSONParser.parse(text)]]]
        let place = try #require(JSONPointer(parsing: "/a/1/b~1c"))
        #expect(throws: CanonicalJSONError.undigestibleNumber(place)) { try CanonicalJSON.encode(value) }
    }

    @Test func `the form of a form is itself`() throws {
        for seed in 0..<200 {
            var random = SeededGenerator(seed: UInt64(seed))
            let value = RandomJSON.value(using: &random)
            guard let once = try? CanonicalJSON.encode(value) else { continue }
            let again = try JSONParser.parse(once)
            #expect(try CanonicalJSON.encode(again) == once)
            #expect(again.isEquivalent(to: value))
        }
    }

    private func canonical(_ value: JSONValue) throws -> String {
        String(decoding: try CanonicalJSON.encode(value), as: UTF8.self)
    }
}

/// A row of the table: the bits of a double and its text.
struct NumberSample: Sendable, CustomTestStringConvertible {
    let bits: UInt64
    let text: String

    var testDescription: String { text }

    static let table: [NumberSample] = [
        NumberSample(bits: 0x0000_0000_0000_0000, text: "0"),
        NumberSample(bits: 0x8000_0000_0000_0000, text: "0"),
        NumberSample(bits: 0x0000_0000_0000_0001, text: "5e-324"),
        NumberSample(bits: 0x8000_0000_0000_0001, text: "-5e-324"),
        NumberSample(bits: 0x7fef_ffff_ffff_ffff, text: "1.7976931348623157e+308"),
        NumberSample(bits: 0xffef_ffff_ffff_ffff, text: "-1.7976931348623157e+308"),
        NumberSample(bits: 0x4340_0000_0000_0000, text: "9007199254740992"),
        NumberSample(bits: 0xc340_0000_0000_0000, text: "-9007199254740992"),
        NumberSample(bits: 0x4430_0000_0000_0000, text: "295147905179352830000"),
        NumberSample(bits: 0x44b5_2d02_c7e1_4af5, text: "9.999999999999997e+22"),
        NumberSample(bits: 0x44b5_2d02_c7e1_4af6, text: "1e+23"),
        NumberSample(bits: 0x44b5_2d02_c7e1_4af7, text: "1.0000000000000001e+23"),
        NumberSample(bits: 0x444b_1ae4_d6e2_ef4e, text: "999999999999999700000"),
        NumberSample(bits: 0x444b_1ae4_d6e2_ef4f, text: "999999999999999900000"),
        NumberSample(bits: 0x444b_1ae4_d6e2_ef50, text: "1e+21"),
        NumberSample(bits: 0x3eb0_c6f7_a0b5_ed8c, text: "9.999999999999997e-7"),
        NumberSample(bits: 0x3eb0_c6f7_a0b5_ed8d, text: "0.000001"),
        NumberSample(bits: 0x41b3_de43_5555_5553, text: "333333333.3333332"),
        NumberSample(bits: 0x41b3_de43_5555_5554, text: "333333333.33333325"),
        NumberSample(bits: 0x41b3_de43_5555_5555, text: "333333333.3333333"),
        NumberSample(bits: 0x41b3_de43_5555_5556, text: "333333333.3333334"),
        NumberSample(bits: 0x41b3_de43_5555_5557, text: "333333333.33333343"),
        NumberSample(bits: 0xbecb_f647_612f_3696, text: "-0.0000033333333333333333"),
        NumberSample(bits: 0x4314_3ff3_c1cb_0959, text: "1424953923781206.2"),
    ]
}
