/// A point in time: milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
package struct Timestamp: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Milliseconds since the epoch.
    package let milliseconds: Int64

    package init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    /// The latest time that has an RFC 3339 form: the end of the year 9999.
    package static let distantFuture = Timestamp(milliseconds: 253_402_300_799_999)

    /// This time and so many milliseconds, never later than `distantFuture`.
    package func adding(milliseconds offset: Int64) -> Timestamp {
        let (sum, overflow) = milliseconds.addingReportingOverflow(offset)
        return overflow ? .distantFuture : Timestamp(milliseconds: min(sum, Self.distantFuture.milliseconds))
    }

    package static func < (left: Self, right: Self) -> Bool { left.milliseconds < right.milliseconds }

    /// RFC 3339 in UTC with milliseconds, for example `2026-11-20T23:38:00.000Z`.
    package var description: String {
        let (days, rest) = Self.floorDivide(milliseconds, 86_400_000)
        let (year, month, day) = Self.civil(fromDays: days)
        let time = (rest / 3_600_000, rest / 60_000 % 60, rest / 1_000 % 60, rest % 1_000)
        return String(unsafeUninitializedCapacity: 32) { text in
            var place = 0
            Self.write(year, digits: 4, to: text, at: &place, before: UInt8(ascii: "-"))
            Self.write(month, digits: 2, to: text, at: &place, before: UInt8(ascii: "-"))
            Self.write(day, digits: 2, to: text, at: &place, before: UInt8(ascii: "T"))
            Self.write(time.0, digits: 2, to: text, at: &place, before: UInt8(ascii: ":"))
            Self.write(time.1, digits: 2, to: text, at: &place, before: UInt8(ascii: ":"))
            Self.write(time.2, digits: 2, to: text, at: &place, before: UInt8(ascii: "."))
            Self.write(time.3, digits: 3, to: text, at: &place, before: UInt8(ascii: "Z"))
            return place
        }
    }

    /// Writes the last digits of a number, and a mark behind them.
    private static func write(
        _ number: Int64, digits: Int, to text: UnsafeMutableBufferPointer<UInt8>, at place: inout Int,
        before mark: UInt8
    ) {
        var rest = number
        for position in stride(from: place + digits - 1, through: place, by: -1) {
            text[position] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
        text[place + digits] = mark
        place += digits + 1
    }

    private static func floorDivide(_ value: Int64, _ divisor: Int64) -> (Int64, Int64) {
        let remainder = value % divisor
        return remainder < 0 ? (value / divisor - 1, remainder + divisor) : (value / divisor, remainder)
    }

    /// Days since 1970-01-01 as a date of the proleptic Gregorian calendar, counted in eras of 400 years from March.
    private static func civil(fromDays days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (era, dayOfEra) = floorDivide(days + 719_468, 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
    }
}
