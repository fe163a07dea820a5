package import HoldpointCore
package import HoldpointPorts

/// A planted bug: the stored commands of a session are not found when a deadline asks for them, only by the sweep,
/// so that a timer may come before an answer that was stored in time (against I8 and I3).
package final class ForgetfulInboxJournal: JournalDecorator {
    package let base: any Journal

    package init(_ base: any Journal) {
        self.base = base
    }

    package func undecided(
        of session: SessionKey, in scope: Scope, limit: Int
    ) async throws(JournalError) -> [StoredCommand] {
        []
    }
}
