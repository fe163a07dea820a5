import HoldpointCore
package import HoldpointPorts

/// A planted bug: no generation of a fence is raised, neither before a commit in doubt is looked up nor when a shard is
/// handed over, so that a commit which comes late is taken whoever owns the shard by then (against I2).
package final class UnraisedJournal: JournalDecorator {
    package var base: any Journal { node }
    private let node: SharedMemoryJournal
    private let shared: MemoryJournal
    /// The fences that this node gave up of its own accord.
    private let handedOver = Guarded<Set<Fence>>([])

    package init(_ node: SharedMemoryJournal, over shared: MemoryJournal) {
        self.node = node
        self.shared = shared
    }

    package func raiseGeneration(of fence: Fence) async throws(JournalError) -> Fence {
        guard shared.contents.fences[Int(fence.shard.number)] == fence else { throw .fenced }
        return fence
    }

    package func handOver(_ fences: [Fence]) async throws(JournalError) {
        try await node.handOver(fences)
        handedOver.withState { $0.formUnion(fences) }
    }

    package func commit(_ commit: SessionCommit) async throws(JournalError) -> CommitReceipt {
        guard handedOver.withState({ $0.contains(commit.fence) }) else { return try await node.commit(commit) }
        return try await shared.commit(commit.fenced(by: shared.contents.fences[Int(commit.fence.shard.number)]))
    }
}
