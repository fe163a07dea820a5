import JSON

/// A part of the day, on some days of the week, at a fixed distance from UTC.
struct TimeRule: Sendable {
    /// Minutes of the day; the second is past the end, and not above the first where the night is meant.
    private let minutes: (from: Int64, until: Int64)?
    /// Monday is 0; nil for every day.
    private let days: [Int64]?
    private let zoneMinutes: Int64

    private static let dayNames = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    private static let minutesOfDay: Int64 = 1_440

    /// Whether a moment is within; after midnight a night counts to the day on which it began.
    func contains(_ time: Timestamp) -> Bool {
        let minute = Self.floor(time.milliseconds, 60_000) + zoneMinutes
        var day = Self.floor(minute, Self.minutesOfDay)
        let minuteOfDay = minute - day * Self.minutesOfDay
        if let minutes {
            if minutes.from < minutes.until {
                guard (minutes.from..<minutes.until).contains(minuteOfDay) else { return false }
            } else if minuteOfDay < minutes.until {
                day -= 1
            } else if minuteOfDay < minutes.from {
                return false
            }
        }
        // The first day of the epoch was a Thursday.
        let weekday = day + 3 - Self.floor(day + 3, 7) * 7
        return days?.contains(weekday) ?? true
    }

    private static func floor(_ value: Int64, _ divisor: Int64) -> Int64 {
        value / divisor - (value % divisor < 0 ? 1 : 0)
    }
}

extension TimeRule {
    /// Reads `{from?, until?, days?, zone?}`.
    static func read(_ value: JSONValue, at pointer: JSONPointer) throws(InvalidPolicyInput) -> TimeRule {
        var reader = JSONObjectReader(value, at: pointer)
        let from = readMinutes("from", &reader)
        let until = readMinutes("until", &reader)
        let days = readDays(&reader)
        let zone = readZone(&reader)
        if (from == nil) != (until == nil), reader.isSound {
            reader.fail(from == nil ? "from" : "until", "from and until belong together")
        }
        if from == nil, days == nil, reader.isSound { reader.fail("from", "is required, or days") }
        let violations = reader.finish()
        guard violations.isEmpty else { throw InvalidPolicyInput(violations: violations) }
        let minutes: (from: Int64, until: Int64)? =
            if let from, let until { (from, until) } else { nil }
        return TimeRule(minutes: minutes, days: days, zoneMinutes: zone ?? 0)
    }

    private static func readMinutes(_ key: String, _ reader: inout JSONObjectReader) -> Int64? {
        guard let text = reader.optionalString(key) else { return nil }
        guard let minutes = clock(text) else {
            reader.fail(key, "must be a time of the day such as 08:30")
            return nil
        }
        return minutes
    }

    /// Minutes of `HH:MM`.
    private static func clock(_ text: some StringProtocol) -> Int64? {
        let bytes = Array(text.utf8)
        let isForm = bytes.count == 5 && bytes[2] == UInt8(ascii: ":")
        guard isForm, let hours = Int64(text.prefix(2)), let minutes = Int64(text.suffix(2)),
            (0..<24).contains(hours), (0..<60).contains(minutes),
            bytes.allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") })
        else { return nil }
        return hours * 60 + minutes
    }

    private static func readDays(_ reader: inout JSONObjectReader) -> [Int64]? {
        guard let items = reader.optionalArray("days") else { return nil }
        let days = items.compactMap { item in
            item.stringValue.flatMap { Self.dayNames.firstIndex(of: $0) }.map { Int64($0) }
        }
        guard days.count == items.count, (1...7).contains(days.count) else {
            reader.fail("days", "must be a list of \(Self.dayNames.joined(separator: ", "))")
            return nil
        }
        return days
    }

    private static func readZone(_ reader: inout JSONObjectReader) -> Int64? {
        guard let text = reader.optionalString("zone") else { return nil }
        if text == "Z" { return 0 }
        guard text.hasPrefix("+") || text.hasPrefix("-"), let minutes = clock(text.dropFirst()), minutes <= 14 * 60
        else {
            reader.fail("zone", "must be Z or a distance from UTC such as +01:00")
            return nil
        }
        return text.hasPrefix("-") ? -minutes : minutes
    }
}
