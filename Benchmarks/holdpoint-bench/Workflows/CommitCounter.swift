import HoldpointPorts
import HoldpointTesting
import Synchronization

/// A journal that counts the commits that it passes on.
struct CommitCounter: JournalDecorator {
    /// How many there were.
    final class Count: Sendable {
        private let commits = Atomic<Int>(0)

        var value: Int { commits.load(ordering: .relaxed) }

        func add() { commits.add(1, ordering: .relaxed) }
    }

    let base: any Journal
    let count: Count

    func commit(_ commit: SessionCommit) async throws(JournalError) -> CommitReceipt {
        count.add()
        return try await base.commit(commit)
    }
}
