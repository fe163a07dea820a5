import JSON

/// How much harm an act may do, as its proposer judges.
package enum Risk: String, Sendable, Hashable, CaseIterable, Comparable {
    case low
    case medium
    case high
    case critical

    package static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }

    private var rank: Int {
        switch self {
        case .low: 0
        case .medium: 1
        case .high: 2
        case .critical: 3
        }
    }

    /// Reads an optional risk; a text that is none is recorded in the reader.
    static func read(_ key: String, from reader: inout JSONObjectReader) -> Risk? {
        guard let text = reader.optionalString(key, maximumLength: RequestLimits.nameLength, nullable: true) else {
            return nil
        }
        guard let risk = Risk(rawValue: text) else {
            reader.fail(key, "must be low, medium, high or critical")
            return nil
        }
        return risk
    }
}
