package import JSON

/// How far a person is trusted to answer, from N0, which anybody has, to N4.
package enum Accreditation: String, Sendable, Hashable, CaseIterable, Comparable {
    case n0 = "N0"
    case n1 = "N1"
    case n2 = "N2"
    case n3 = "N3"
    case n4 = "N4"

    package static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }

    private var rank: Int {
        switch self {
        case .n0: 0
        case .n1: 1
        case .n2: 2
        case .n3: 3
        case .n4: 4
        }
    }

    /// Reads an optional accreditation; a text that is none is recorded in the reader.
    package static func read(_ key: String, from reader: inout JSONObjectReader) -> Accreditation? {
        guard let text = reader.optionalString(key, maximumLength: RequestLimits.nameLength) else { return nil }
        guard let accreditation = Accreditation(rawValue: text) else {
            reader.fail(key, "must be N0, N1, N2, N3 or N4")
            return nil
        }
        return accreditation
    }
}
