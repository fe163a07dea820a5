import JSON

/// A duration of a document: fixed, or the value of an expression.
enum DurationRule: Sendable, Equatable {
    case milliseconds(Int64)
    case computed(ExpressionProgram)

    /// Reads the form of the DSL: an object of units, ISO 8601 text, or an expression that gives either.
    static func read(_ value: JSONValue, arguments: Set<String>) throws(DefinitionFault) -> DurationRule {
        if let text = value.stringValue, let inner = Template.enclosed(in: text) {
            return .computed(try RuntimeArguments.program(inner, names: arguments))
        }
        guard let milliseconds = milliseconds(of: value) else { throw DefinitionFault(detail: expectation) }
        return .milliseconds(milliseconds)
    }

    /// What a duration must look like.
    static let expectation =
        "must be a duration of at most ten years: ISO 8601 without years and months, an object of days, hours, minutes,"
        + " seconds and milliseconds, or an expression"

    /// The milliseconds of a value that is no expression; nil if it is no duration.
    static func milliseconds(of value: JSONValue) -> Int64? {
        switch value {
        case .string(let text): milliseconds(ofText: text)
        case .object(let object): milliseconds(of: object)
        default: nil
        }
    }

    private static let units: [(name: String, milliseconds: Int64)] = [
        ("days", 86_400_000), ("hours", 3_600_000), ("minutes", 60_000), ("seconds", 1_000), ("milliseconds", 1),
    ]

    private static func milliseconds(of object: JSONObject) -> Int64? {
        guard !object.isEmpty else { return nil }
        var sum: Int64 = 0
        for (key, value) in object {
            guard let unit = units.first(where: { $0.name == key }), let count = value.int64Value,
                count >= 0, let total = adding(count, unit.milliseconds, to: sum)
            else { return nil }
            sum = total
        }
        return sum
    }

    private static func adding(_ count: Int64, _ unit: Int64, to sum: Int64) -> Int64? {
        let (product, overflow) = count.multipliedReportingOverflow(by: unit)
        guard !overflow, product <= WorkflowLimits.durationMilliseconds - sum else { return nil }
        return sum + product
    }

    /// `P[nW][nD][T[nH][nM][n[.fff]S]]`; years and months have no fixed length and are refused.
    private static func milliseconds(ofText text: String) -> Int64? {
        var rest = text.utf8[...]
        guard rest.popFirst() == UInt8(ascii: "P"), !rest.isEmpty else { return nil }
        var units: [(letter: UInt8, milliseconds: Int64)] = [
            (UInt8(ascii: "W"), 604_800_000), (UInt8(ascii: "D"), 86_400_000),
        ]
        var isTime = false
        var sum: Int64 = 0
        var isEmpty = true
        while let first = rest.first {
            if first == UInt8(ascii: "T") {
                guard !isTime, rest.count > 1 else { return nil }
                isTime = true
                rest.removeFirst()
                units = [
                    (UInt8(ascii: "H"), 3_600_000), (UInt8(ascii: "M"), 60_000), (UInt8(ascii: "S"), 1_000),
                ]
                continue
            }
            guard let number = thousandths(&rest), let letter = rest.popFirst(),
                let place = units.firstIndex(where: { $0.letter == letter })
            else { return nil }
            let unit = units[place].milliseconds
            units.removeFirst(place + 1)
            let (product, overflow) = number.multipliedReportingOverflow(by: unit)
            guard !overflow, product / 1_000 <= WorkflowLimits.durationMilliseconds - sum else { return nil }
            sum += product / 1_000
            isEmpty = false
        }
        return isEmpty ? nil : sum
    }

    /// A decimal number with up to three digits behind the point, times a thousand.
    private static func thousandths(_ rest: inout Substring.UTF8View) -> Int64? {
        var value: Int64 = 0
        var digits = 0
        var fraction: Int?
        while let byte = rest.first {
            if byte == UInt8(ascii: "."), fraction == nil, digits > 0 {
                fraction = 0
            } else if byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9"), digits < 12, (fraction ?? 0) < 3 {
                value = value * 10 + Int64(byte - UInt8(ascii: "0"))
                digits += 1
                if let places = fraction { fraction = places + 1 }
            } else {
                break
            }
            rest.removeFirst()
        }
        guard digits > 0, fraction != 0 else { return nil }
        for _ in (fraction ?? 0)..<3 { value *= 10 }
        return value
    }
}
