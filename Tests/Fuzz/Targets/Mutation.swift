import JSON

/// Changes inputs, the same way for the same seed: bytes as bytes, and JSON in them as JSON.
package struct Mutation {
    private var random: SeededNumbers
    private let others: [[UInt8]]

    /// - Parameter others: inputs that parts are taken from.
    package init(seed: UInt64, others: [[UInt8]]) {
        random = SeededNumbers(seed: seed)
        self.others = others.filter { !$0.isEmpty }
    }

    /// A changed input, of at most `maximumBytes`.
    package mutating func change(_ input: [UInt8], maximumBytes: Int = 8_192) -> [UInt8] {
        var bytes = input
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            if Int.random(in: 0..<3, using: &random) == 0 { changeJSON(&bytes) } else { changeBytes(&bytes) }
        }
        return Array(bytes.prefix(maximumBytes))
    }

    private mutating func changeBytes(_ bytes: inout [UInt8]) {
        let place = Int.random(in: 0...bytes.count, using: &random)
        let end = min(bytes.count, place + Int.random(in: 1...16, using: &random))
        switch Int.random(in: 0..<9, using: &random) {
        case 0: if place < bytes.count { bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random) }
        case 1: if place < bytes.count { bytes[place] = UInt8.random(in: 0...255, using: &random) }
        case 2: bytes.removeSubrange(place..<end)
        case 3: bytes.insert(contentsOf: Array(bytes[place..<end]), at: place)
        case 4: bytes.removeSubrange(place...)
        case 5:
            guard let other = others.randomElement(using: &random) else { return }
            let from = Int.random(in: 0..<other.count, using: &random)
            bytes.replaceSubrange(place..<end, with: other[from...].prefix(64))
        case 6, 7: changeNumber(&bytes)
        default: bytes.insert(contentsOf: Self.tokens[index(Self.tokens)].utf8, at: place)
        }
    }

    /// Puts another number in the place of a run of digits.
    private mutating func changeNumber(_ bytes: inout [UInt8]) {
        let isDigit = { (byte: UInt8) in 0x30...0x39 ~= byte }
        let starts = bytes.indices.filter { isDigit(bytes[$0]) && ($0 == 0 || !isDigit(bytes[$0 - 1])) }
        guard let start = starts.randomElement(using: &random) else { return }
        let end = bytes[start...].firstIndex { !isDigit($0) } ?? bytes.endIndex
        bytes.replaceSubrange(start..<end, with: Self.numbers[index(Self.numbers)].utf8)
    }

    private mutating func index(_ items: [String]) -> Int { Int.random(in: 0..<items.count, using: &random) }

    /// Changes a value within the JSON that the input ends with: all of it, or what follows a line end or a space.
    private mutating func changeJSON(_ bytes: inout [UInt8]) {
        var starts = [0]
        for (place, byte) in bytes.enumerated() where byte == 0x0A || byte == 0x20 { starts.append(place + 1) }
        for start in starts.prefix(64) {
            guard let value = try? JSONParser.parse(bytes[start...]),
                value.arrayValue ?? value.objectValue.map({ _ in [] }) != nil
            else { continue }
            bytes.replaceSubrange(start..., with: changed(value, depth: 0).serialized())
            return
        }
        changeBytes(&bytes)
    }

    private mutating func changed(_ value: JSONValue, depth: Int) -> JSONValue {
        guard Int.random(in: 0..<4, using: &random) > 0 else { return fresh(value, depth: depth) }
        switch value {
        case .array(var items) where !items.isEmpty:
            let place = Int.random(in: 0..<items.count, using: &random)
            switch Int.random(in: 0..<5, using: &random) {
            case 0: items.remove(at: place)
            case 1: items.append(items[place])
            default: items[place] = changed(items[place], depth: depth + 1)
            }
            return .array(items)
        case .object(var object) where !object.isEmpty:
            let key = Array(object)[Int.random(in: 0..<object.count, using: &random)].key
            switch Int.random(in: 0..<6, using: &random) {
            case 0: object[key] = nil
            case 1: object[Self.tokens[index(Self.tokens)]] = object[key]
            default: object[key] = object[key].map { changed($0, depth: depth + 1) }
            }
            return .object(object)
        default: return fresh(value, depth: depth)
        }
    }

    private mutating func fresh(_ value: JSONValue, depth: Int) -> JSONValue {
        switch Int.random(in: 0..<9, using: &random) {
        case 0: .null
        case 1: .bool(Bool.random(using: &random))
        case 2: .integer([0, 1, -1, 255, .max, .min, 1 << 53][Int.random(in: 0..<7, using: &random)])
        case 3: JSONNumber(text: Self.numbers[index(Self.numbers)]).map { .number($0) } ?? .null
        case 4: .array([value, value])
        case 5: .object(JSONObject([(Self.tokens[index(Self.tokens)], value)]))
        case 6: value.stringValue.map { .string($0 + Self.tokens[index(Self.tokens)]) } ?? .array([])
        default: .string(Self.tokens[index(Self.tokens)])
        }
    }

    private static let numbers = [
        "0", "-1", "1", "2", "255", "256", "65536", "-0", "0.1", "1.0", "1E+3", "1e400", "1e-9999999999",
        "9007199254740993", "9223372036854775807", "9223372036854775808", "-9223372036854775808",
    ]

    /// What the grammars are made of.
    private static let tokens = [
        "\"", "\\", "{", "}", "[", "]", ",", ":", "\\ud800", "\\u0000", "null", "true", "1e999", "-", "\u{0}", "é", "😀",
        "\n", "\r\n", "\r\n\r\n", "\t", " ", "%", "%00", "%2F", "%C3%A9", "&", "=", "?", "/", "..", "/../", "#", ";",
        "*",
        "|", "(", ")", "(?:", "(?=", "(?<!", "{1,3}", "{0,}", "+", "?", "[^", "\\d", "\\p{L}", "\\b", "$", "^", ".",
        "&a", "*a", "- ", ": ", "!!str", "---", "...", "%YAML 1.2", "<<", "|-", ">", "~", "${ . }", "${ .a }",
        "$context",
        ".[0]", ".\"a\"", "do", "set", "switch", "for", "try", "catch", "call", "fork", "wait", "raise", "with", "use",
        "then", "if", "input", "output", "export", "timeout", "retry", "document", "dsl", "$ref", "$defs",
        "$dynamicRef",
        "$id", "$anchor", "#/$defs/a", "allOf", "oneOf", "not", "items", "properties", "unevaluatedProperties",
        "pattern",
        "format", "multipleOf", "uniqueItems", "PT1S", "P1DT2H", "2026-01-01T00:00:00Z", "http://", "https://[::1]:1/",
        "127.0.0.1", "::ffff:1.2.3.4", "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n", "Prefer: wait=5\n",
        "Last-Event-ID: 3\n", "Idempotency-Key: \"a\"\n", "Authorization: Bearer hp_operator\n", "GET ", "POST ",
        "PUT ",
        "data: ", "id: ", "event: ", "retry: 1", "s1", "hitl_requested", "session_started", "open", "closed",
        "response",
    ]
}

/// SplitMix64: the same numbers for the same seed, on every machine.
struct SeededNumbers: RandomNumberGenerator {
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
