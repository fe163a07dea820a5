import HoldpointCore
package import HoldpointPorts

/// A planted bug: a commit looks whether the shard is still its own and writes later, with no lock (against I2).
///
/// So does a store that asks `WHERE epoch = …` without locking a row: a takeover can come between the two.
package final class UnlockedJournal: JournalDecorator {
    package var base: any Journal { node }
    private let node: SharedMemoryJournal
    private let shared: MemoryJournal
    private let between: @Sendable () async -> Void

    /// - Parameter between: called after the look and before the write of each commit.
    package init(
        _ node: SharedMemoryJournal, over shared: MemoryJournal, between: @escaping @Sendable () async -> Void
    ) {
        self.node = node
        self.shared = shared
        self.between = between
    }

    package func commit(_ commit: SessionCommit) async throws(JournalError) -> CommitReceipt {
        let index = Int(commit.fence.shard.number)
        guard shared.contents.fences[index] == commit.fence else { throw .fenced }
        await between()
        return try await shared.commit(commit.fenced(by: shared.contents.fences[index]))
    }
}
