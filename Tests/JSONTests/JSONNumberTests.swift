import JSON
import Testing

@Suite struct JSONNumberTests {
    @Test(
        arguments: [
            ("0", 0), ("-0", 0), ("1.0", 1), ("1e3", 1_000), ("-12.50e1", -125), ("1.5", nil),
            ("1e18", 1_000_000_000_000_000_000),
            ("1e19", nil), ("9223372036854775807", .max), ("9223372036854775808", nil), ("-9223372036854775808", .min),
            ("-9223372036854775809", nil), ("1e9999999999", nil), ("1e-9999999999", nil), ("0e9999999999", 0),
            ("922337203685477580.7e1", .max),
        ] as [(String, Int64?)])
    func `a whole number is known however it is written`(text: String, value: Int64?) throws {
        let number = try #require(JSONNumber(text: text))
        #expect(number.int64 == value)
        #expect(number.text == text)
    }

    @Test(arguments: ["", "-", "01", "1.", ".1", "1e", "1e+", "+1", " 1", "1 ", "0x1", "NaN", "1e10000000000", "1١"])
    func `other texts are no numbers`(text: String) {
        #expect(JSONNumber(text: text) == nil)
    }

    @Test(arguments: [
        ("0.1", true), ("0.10", true), ("9007199254740993", false), ("9007199254740992", true), ("1e400", false),
        ("-0", true), ("1.7976931348623157e308", true), ("5e-324", true), ("4e-324", false), ("1e-400", false),
        ("100000000000000000000000", true), ("123456789012345678", false), ("0.30000000000000004", true),
        ("9223372036854775807", false), ("9223372036854775808", false), ("9223372036854776000", true),
        ("1e999999999", false), ("0e999999999", true),
    ])
    func `a number survives a double by its shortest text`(text: String, survives: Bool) throws {
        #expect(try #require(JSONNumber(text: text)).survivesDouble == survives)
    }

    @Test func `numbers are ordered by value`() throws {
        let ordered = [
            "-1e9999999999", "-1e400", "-9223372036854775809", "-9223372036854775808", "-1.5", "-1", "-0.1", "-1e-400",
            "0",
            "1e-9999999999", "1e-400", "0.1", "0.2", "1", "1.5", "2", "10", "9223372036854775807",
            "9223372036854775808", "1e400",
            "2e400", "1e9999999999",
        ]
        let numbers = try ordered.map { try #require(JSONNumber(text: $0)) }
        for (left, smaller) in numbers.enumerated() {
            for (right, larger) in numbers.enumerated() {
                #expect((smaller < larger) == (left < right), "\(smaller.text) < \(larger.text)")
            }
        }
    }

    @Test func `doubles are near or infinite`() throws {
        #expect(try #require(JSONNumber(text: "1e400")).double == .infinity)
        #expect(try #require(JSONNumber(text: "-1e400")).double == -.infinity)
        #expect(try #require(JSONNumber(text: "1e-9999999999")).double == 0)
        #expect(try #require(JSONNumber(text: "9007199254740993")).double == 9_007_199_254_740_992)
        #expect(JSONNumber(0.1)?.text == "0.1")
    }
}
