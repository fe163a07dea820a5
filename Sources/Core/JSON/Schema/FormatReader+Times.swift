/// Dates and times as RFC 3339, section 5.6, has them.
extension FormatReader {
    mutating func dateTime() -> Bool {
        date() && (take("T") || take("t")) && time()
    }

    mutating func date() -> Bool {
        guard let year = digits(4), take("-"), let month = digits(2), take("-"), let day = digits(2) else {
            return false
        }
        return (1...12).contains(month) && (1...Self.days(of: month, in: year)).contains(day)
    }

    private static func days(of month: Int, in year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    mutating func time() -> Bool {
        guard let hour = digits(2), take(":"), let minute = digits(2), take(":"), let second = digits(2) else {
            return false
        }
        if take("."), skip(while: Self.isDigit) == 0 { return false }
        guard let offset = offset(), hour < 24, minute < 60, second <= 60 else { return false }
        // A leap second is the last one of a day in UTC.
        let minuteOfDay = (hour * 60 + minute - offset + 2 * 1_440) % 1_440
        return second < 60 || minuteOfDay == 1_439
    }

    /// Reads an offset from UTC, in minutes.
    private mutating func offset() -> Int? {
        if take("Z") || take("z") { return 0 }
        let sign = take("+") ? 1 : -1
        if sign < 0, !take("-") { return nil }
        guard let hour = digits(2), take(":"), let minute = digits(2), hour < 24, minute < 60 else { return nil }
        return sign * (hour * 60 + minute)
    }
}
