package import HoldpointPorts

/// A planted bug: some commits are made without the commands for other sessions that belong to them, so that nobody
/// ever hears of a child's start or end (against the transactional outbox).
package final class ForgetfulSendsJournal: JournalDecorator {
    package let base: any Journal
    private let entropy: SeededEntropy
    private let perMille: Int

    /// - Parameter perMille: how many of a thousand commits it spoils.
    package init(_ base: any Journal, entropy: SeededEntropy, perMille: Int = 300) {
        self.base = base
        self.entropy = entropy
        self.perMille = perMille
    }

    package func commit(_ commit: SessionCommit) async throws(JournalError) -> CommitReceipt {
        guard !commit.sends.isEmpty, entropy.happens(perMille: perMille) else { return try await base.commit(commit) }
        return try await base.commit(
            SessionCommit(
                identity: commit.identity, fence: commit.fence, expectedHead: commit.expectedHead,
                events: commit.events, summary: commit.summary, requests: commit.requests, snapshot: commit.snapshot,
                secrets: commit.secrets, destroysSecrets: commit.destroysSecrets, decided: commit.decided,
                idempotency: commit.idempotency, policy: commit.policy, counters: commit.counters,
                outbox: commit.outbox))
    }
}
