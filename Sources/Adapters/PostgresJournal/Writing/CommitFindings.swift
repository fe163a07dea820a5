package import HoldpointCore
package import HoldpointPorts

/// What the database holds against one commit.
package struct CommitFindings: Equatable {
    /// What is known of the command that the commit decides.
    package enum CommandState: Equatable {
        /// The project has no such command.
        case unknown
        /// It waits.
        case open
        /// It has an outcome.
        case decided(StoredOutcome)
    }

    /// The session's row.
    package struct SessionRow: Equatable {
        package let head: Int64
        package let isQuarantined: Bool

        package init(head: Int64, isQuarantined: Bool) {
            self.head = head
            self.isQuarantined = isQuarantined
        }
    }

    /// What was committed under the caller's key before.
    package var idempotency: IdempotencyRecord?
    /// What is known of the command that the commit decides.
    package var decided = CommandState.unknown
    /// The first command that the commit sends and that is there for another session.
    package var foreignSend: StoredCommandID?
    /// The session's row, if the project has it.
    package var session: SessionRow?
    /// The session that has the name of one that starts.
    package var namesake: SessionKey?
    /// Whether a session of that name was deleted.
    package var isNameDeleted = false
    /// Whether the key is that of another project's session.
    package var isKeyForeign = false
    /// Whether the policy or a counter by which its calls were judged has changed.
    package var isOutdated = false

    /// Nothing was found.
    package init() {}

    /// Why the commit cannot be made; nil if nothing was found that speaks against it.
    package func refusal(of commit: SessionCommit) -> JournalError? {
        if let idempotency { return .idempotencyKeyUsed(idempotency) }
        if let decision = commit.decided {
            switch decided {
            case .unknown: return .refused("the stored command \(decision.id) does not exist")
            case .decided(let outcome): return .alreadyDecided(outcome)
            case .open: break
            }
        }
        if let foreignSend { return .refused("the stored command \(foreignSend) is for another session") }
        return refusalForSession(commit) ?? (isOutdated ? .outdated : nil)
    }

    private func refusalForSession(_ commit: SessionCommit) -> JournalError? {
        switch CommitKind(commit) {
        case .start: return refusalOfStart(commit)
        case .absent: return session.map { .conflict(head: $0.head) }
        case .advance, .stand:
            guard let session else { return .conflict(head: 0) }
            if session.isQuarantined { return .quarantined }
            return session.head == commit.expectedHead ? nil : .conflict(head: session.head)
        }
    }

    private func refusalOfStart(_ commit: SessionCommit) -> JournalError? {
        if let session { return session.isQuarantined ? .quarantined : .conflict(head: session.head) }
        if let namesake { return .sessionExists(namesake) }
        if isNameDeleted { return .sessionDeleted }
        return isKeyForeign ? .refused("the key belongs to a session of another project") : nil
    }
}
