package import HoldpointCore

/// The numbers that stand for enumerations in every store's rows; a number is never given another meaning.
package protocol RowCoded: CaseIterable {
    /// The number in the row.
    var rowCode: Int16 { get }
}

extension RowCoded {
    /// The case of that number; nil if there is none.
    package init?(rowCode: Int64) {
        guard let found = Self.allCases.first(where: { $0.rowCode == rowCode }) else { return nil }
        self = found
    }
}

extension SessionStatus: RowCoded {
    /// The number in `sessions.status`; the mark of quarantine is a column of its own.
    package var rowCode: Int16 {
        switch self {
        case .running: 0
        case .waiting: 1
        case .paused: 2
        case .completed: 3
        case .failed: 4
        case .cancelled: 5
        case .quarantined: 6
        }
    }
}

extension RequestStatus: RowCoded {
    /// The number in `requests.status`; the index over pending requests knows 0.
    package var rowCode: Int16 {
        switch self {
        case .pending: 0
        case .answered: 1
        case .expired: 2
        case .cancelled: 3
        }
    }
}

extension RequestType: RowCoded {
    /// The number in `requests.type`.
    package var rowCode: Int16 {
        switch self {
        case .clarification: 0
        case .decision: 1
        case .environment: 2
        case .permission: 3
        }
    }
}
