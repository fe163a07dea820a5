import HoldpointCore
package import HoldpointPorts

/// A planted bug: nobody looks whose shard it is; what arrives is written (against I2).
package final class UnfencedJournal: JournalDecorator {
    package let base: any Journal
    private let shared: MemoryJournal

    /// - Parameter shared: the store behind `base`.
    package init(_ base: any Journal, over shared: MemoryJournal) {
        self.base = base
        self.shared = shared
    }

    package func commit(_ commit: SessionCommit) async throws(JournalError) -> CommitReceipt {
        try await base.commit(commit.fenced(by: shared.contents.fences[Int(commit.fence.shard.number)]))
    }
}
