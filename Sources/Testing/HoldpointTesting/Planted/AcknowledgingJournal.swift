import HoldpointCore
package import HoldpointPorts

/// A planted bug: some commits are acknowledged before they are made, and die with the node (against I1).
package final class AcknowledgingJournal: JournalDecorator {
    package let base: any Journal
    private let entropy: SeededEntropy
    private let perMille: Int
    private let waiting = Guarded<[SessionCommit]>([])

    /// - Parameter perMille: how many of a thousand such commits it spoils.
    package init(_ base: any Journal, entropy: SeededEntropy, perMille: Int = 200) {
        self.base = base
        self.entropy = entropy
        self.perMille = perMille
    }

    package func around<Value: Sendable>(
        _ call: @escaping @Sendable (any Journal) async throws(JournalError) -> Value
    ) async throws(JournalError) -> Value {
        try await flush()
        return try await call(base)
    }

    package func commit(_ commit: SessionCommit) async throws(JournalError) -> CommitReceipt {
        try await flush()
        guard entropy.happens(perMille: perMille) else { return try await base.commit(commit) }
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
