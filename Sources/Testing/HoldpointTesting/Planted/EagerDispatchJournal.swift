import HoldpointCore
package import HoldpointPorts

/// A planted bug: what records that a call is about to leave is written after the next thing that the node does with
/// its store, so that the call leaves first (against I1).
package final class EagerDispatchJournal: JournalDecorator {
    package let base: any Journal
    private let waiting = Guarded<[SessionCommit]>([])

    package init(_ base: any Journal) {
        self.base = base
    }

    package func around<Value: Sendable>(
        _ call: @escaping @Sendable (any Journal) async throws(JournalError) -> Value
    ) async throws(JournalError) -> Value {
        try await flush()
        return try await call(base)
    }

    package func commit(_ commit: SessionCommit) async throws(JournalError) -> CommitReceipt {
        try await flush()
        guard commit.events.contains(where: { $0.type == ToolDispatched.type }) else {
            return try await base.commit(commit)
        }
        waiting.withState { $0.append(commit) }
        return CommitReceipt(feedPosition: nil)
    }

    private func flush() async throws(JournalError) {
        let due = waiting.withState { waiting in
            defer { waiting = [] }
            return waiting
        }
        for commit in due { _ = try await base.commit(commit) }
    }
}
