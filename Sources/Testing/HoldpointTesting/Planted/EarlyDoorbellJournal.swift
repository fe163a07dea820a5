package import HoldpointPorts

/// A planted bug: some events are published when they are sent to the store, and not when they are in it (against I1).
package final class EarlyDoorbellJournal: JournalDecorator {
    package let base: any Journal
    private let streams: any StreamBus
    private let entropy: SeededEntropy
    private let perMille: Int

    /// - Parameter perMille: how many of a thousand commits it publishes early.
    package init(_ base: any Journal, streams: any StreamBus, entropy: SeededEntropy, perMille: Int = 100) {
        self.base = base
        self.streams = streams
        self.entropy = entropy
        self.perMille = perMille
    }

    package func commit(_ commit: SessionCommit) async throws(JournalError) -> CommitReceipt {
        if let last = commit.events.last, entropy.happens(perMille: perMille) {
            streams.ring(
                Doorbell(
                    session: commit.identity, head: last.sequence, events: commit.events,
                    isOnFeed: commit.events.contains(where: \.isOnFeed)))
        }
        return try await base.commit(commit)
    }
}
