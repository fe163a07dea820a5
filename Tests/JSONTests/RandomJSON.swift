import JSON

/// The same numbers for the same seed, on every machine (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// Random documents with all that is awkward in JSON.
enum RandomJSON {
    private static let numbers = [
        "0", "-0", "1", "-1", "9223372036854775807", "-9223372036854775808", "9223372036854775808", "0.1", "1.0",
        "1e3", "1E+400", "-2.5e-7", "123456789012345678901234567890.5", "999999999999999999", "1e-9999999999",
    ]
    private static let strings = [
        "", "a", "key", "é", "e\u{301}", "😀", "\u{0}\u{1f}\"\\/", "\u{fb33}", "line\nbreak", "0123456789abcdef",
        "a rather long string, longer than what fits into a small one", "\u{80}\u{7ff}\u{800}\u{ffff}\u{10ffff}",
    ]

    static func value(using random: inout SeededGenerator, depth: Int = 0) -> JSONValue {
        switch Int.random(in: 0..<(depth > 4 ? 5 : 9), using: &random) {
        case 0: .null
        case 1: .bool(Bool.random(using: &random))
        case 2, 3: number(using: &random)
        case 4, 5: .string(string(using: &random))
        case 6: .array((0..<Int.random(in: 0..<5, using: &random)).map { _ in value(using: &random, depth: depth + 1) })
        default: .object(object(using: &random, depth: depth + 1))
        }
    }

    private static func object(using random: inout SeededGenerator, depth: Int) -> JSONObject {
        let count = Int.random(in: 0..<12, using: &random) == 0 ? 40 : Int.random(in: 0..<5, using: &random)
        return JSONObject(
            (0..<count).map { place in
                (string(using: &random) + (place > 5 ? String(place) : ""), value(using: &random, depth: depth))
            })
    }

    static func number(using random: inout SeededGenerator) -> JSONValue {
        if Bool.random(using: &random) { return .integer(Int64.random(in: -1000...1000, using: &random)) }
        let text = numbers[Int.random(in: 0..<numbers.count, using: &random)]
        return JSONNumber(text: text).map { .number($0) } ?? .null
    }

    private static func string(using random: inout SeededGenerator) -> String {
        strings[Int.random(in: 0..<strings.count, using: &random)]
    }
}
