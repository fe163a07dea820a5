package import HoldpointPorts

/// A planted bug: a commit whose outcome is unknown is taken for one that failed, so that nobody finds out (against I3:
/// the session answers from before what is committed).
package final class HastyJournal: JournalDecorator {
    package let base: any Journal

    package init(_ base: any Journal) {
        self.base = base
    }

    package func commit(_ commit: SessionCommit) async throws(JournalError) -> CommitReceipt {
        do {
            return try await base.commit(commit)
        } catch .inDoubt(let detail) {
            throw .unavailable(detail)
        }
    }
}
