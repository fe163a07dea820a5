/// The types that parameters and columns may have, each with the server's number of it (`pg_type.oid`).
package enum PostgresType: UInt32, Sendable, CaseIterable {
    case boolean = 16
    case bytes = 17
    case int8 = 20
    case int2 = 21
    case int4 = 23
    case text = 25
    case timestamp = 1184
    case uuid = 2950
    case booleanArray = 1000
    case bytesArray = 1001
    case int2Array = 1005
    case int4Array = 1007
    case textArray = 1009
    case int8Array = 1016
    case timestampArray = 1185
    case uuidArray = 2951

    /// Whether a number of the server's means this type.
    func isType(_ number: UInt32) -> Bool { number == rawValue }

    /// Whether a number of the server's means an integer of any size.
    static func isInteger(_ number: UInt32) -> Bool {
        int8.isType(number) || int4.isType(number) || int2.isType(number)
    }

    /// Whether a number of the server's means a text, or what is sent like one: `name`, `unknown`, `character varying`.
    static func isText(_ number: UInt32) -> Bool {
        text.isType(number) || number == 19 || number == 705 || number == 1043
    }
}

/// The sixteen bytes of a `uuid`.
package struct PostgresUUID: Sendable, Hashable {
    /// The first eight bytes, the first of them highest.
    package let high: UInt64
    /// The last eight bytes.
    package let low: UInt64

    /// Puts the two halves together.
    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }
}

/// A `timestamptz`: microseconds, as exact as the server's.
package struct PostgresTimestamp: Sendable, Hashable, Comparable {
    /// Microseconds since 1970-01-01 UTC; the smallest and the largest number stand for the infinite past and future.
    package let microsecondsSinceEpoch: Int64

    /// The server counts from 2000-01-01.
    private static let epochDifference: Int64 = 946_684_800_000_000

    /// Makes a time from microseconds since 1970-01-01 UTC.
    package init(microsecondsSinceEpoch: Int64) {
        self.microsecondsSinceEpoch = microsecondsSinceEpoch
    }

    /// Reads the server's number; what lies beyond the range becomes infinite.
    init(recorded: Int64) {
        guard recorded != .min else {
            microsecondsSinceEpoch = .min
            return
        }
        let (sum, isOver) = recorded.addingReportingOverflow(Self.epochDifference)
        microsecondsSinceEpoch = isOver ? .max : sum
    }

    /// The server's number.
    var recorded: Int64 {
        guard microsecondsSinceEpoch != .max else { return .max }
        let (difference, isUnder) = microsecondsSinceEpoch.subtractingReportingOverflow(Self.epochDifference)
        return isUnder ? .min : difference
    }

    /// The earlier one is smaller.
    package static func < (left: PostgresTimestamp, right: PostgresTimestamp) -> Bool {
        left.microsecondsSinceEpoch < right.microsecondsSinceEpoch
    }
}
