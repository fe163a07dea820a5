import JSON

/// How much harm an act may do, as its proposer judges.
package enum Risk: String, Sendable, Hashable, CaseIterable {
    case low
    case medium
    case high
    case critical

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
