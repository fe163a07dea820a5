import HoldpointCore
package import HoldpointPorts

/// A planted bug: a reserve is made whatever revision its counter has by now, so that two calls judged by the same
/// count both run (against a policy's limits).
package final class UncheckedCountersJournal: JournalDecorator {
    package let base: any Journal
    private let directory: MemoryJournal

    /// - Parameter memory: the store behind `base`.
    package init(_ base: any Journal, over memory: MemoryJournal) {
        self.base = base
        directory = memory
    }

    package func commit(_ commit: SessionCommit) async throws(JournalError) -> CommitReceipt {
        let present = directory.contents.counters[commit.identity.scope] ?? [:]
        let changes = commit.counters.map { change in
            guard case .reserve(let key, _, let entry) = change else { return change }
            return .reserve(key, revision: present[key]?.revision ?? 0, entry)
        }
        return try await base.commit(
            SessionCommit(
                identity: commit.identity, fence: commit.fence, expectedHead: commit.expectedHead,
                events: commit.events, summary: commit.summary, requests: commit.requests, snapshot: commit.snapshot,
                secrets: commit.secrets, destroysSecrets: commit.destroysSecrets, decided: commit.decided,
                idempotency: commit.idempotency, sends: commit.sends, policy: commit.policy, counters: changes,
                outbox: commit.outbox))
    }
}
