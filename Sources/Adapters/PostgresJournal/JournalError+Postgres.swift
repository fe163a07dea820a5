import HoldpointPorts
import PostgresClient

extension JournalError {
    /// What an error of Postgres means to whoever wrote or read.
    ///
    /// A division by zero is no case of its own here: only who has sent a check of the fence knows it for one
    /// (`PostgresError.isFenced`). None of the texts shows data.
    ///
    /// - Parameter reading: Whether nothing was written, so that nothing can be in doubt.
    init(_ error: PostgresError, reading: Bool = false) {
        switch error {
        case .refused(let refusal): self = Self.refusal(refusal)
        case .inDoubt: self = reading ? .unavailable("\(PostgresError.connectionLost)") : .inDoubt("\(error)")
        case .resultTooLarge: self = reading ? .refused("\(error)") : .inDoubt("\(error)")
        case .overloaded: self = .overloaded
        case .segmentTooLarge: self = .refused("\(error)")
        case .unexpectedValue: self = .corrupt("a row of the database is malformed: \(error)")
        case .connectionLost, .unavailable, .cancelled, .closed, .rolledBack: self = .unavailable("\(error)")
        }
    }

    private static func refusal(_ refusal: PostgresRefusal) -> JournalError {
        let state = refusal.state
        if state.code == "XX001" || state.code == "XX002" { return .corrupt("\(refusal)") }
        // Class 42 without 42501: the statement does not fit the tables, so that trying again cannot help.
        if state.isPoison || state.errorClass == "42" { return .refused("\(refusal)") }
        // What is left is of the moment: locks, limits of time, a server that stops, a full disk, a standby, ….
        return .unavailable("\(refusal)")
    }
}

extension PostgresError {
    /// Whether one of the first statements of a segment, those that check the fence, has refused it (I2).
    ///
    /// - Parameter checks: How many statements check the fence; they divide by the number of rows that they find.
    func isFenced(byFirst checks: Int) -> Bool {
        guard case .refused(let refusal) = self else { return false }
        return refusal.statement < checks && refusal.state.code == "22012"
    }
}
