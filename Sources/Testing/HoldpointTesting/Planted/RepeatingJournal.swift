import HoldpointCore
package import HoldpointPorts

/// A planted bug: a commit that answers a request is sometimes written twice, as by a driver that repeats a
/// statement on a store that knows neither unique numbers nor heads (against I3).
package final class RepeatingJournal: JournalDecorator {
    package let base: any Journal
    private let entropy: SeededEntropy
    private let perMille: Int
    /// How many events too many each session has.
    private let surplus = Guarded<[SessionKey: Int64]>([:])

    /// - Parameter perMille: how many of a thousand such commits it spoils.
    package init(_ base: any Journal, entropy: SeededEntropy, perMille: Int = 300) {
        self.base = base
        self.entropy = entropy
        self.perMille = perMille
    }

    package func commit(_ commit: SessionCommit) async throws(JournalError) -> CommitReceipt {
        let key = commit.identity.key
        let shift = surplus.withState { $0[key] ?? 0 }
        let receipt = try await base.commit(Self.moved(commit, by: shift))
        let answers = commit.events.contains { $0.type == RequestAnswered.type }
        guard answers, entropy.happens(perMille: perMille) else { return receipt }
        let more = Int64(commit.events.count)
        surplus.withState { $0[key] = shift + more }
        return try await base.commit(Self.moved(commit, by: shift + more, isRepetition: true))
    }

    private static func moved(_ commit: SessionCommit, by shift: Int64, isRepetition: Bool = false) -> SessionCommit {
        if shift == 0 { return commit }
        return SessionCommit(
            identity: commit.identity, fence: commit.fence, expectedHead: commit.expectedHead + shift,
            events: commit.events.map { event in
                RecordedEvent(
                    sequence: event.sequence + shift, time: event.time, type: event.type, data: event.data,
                    chain: event.chain, isOnFeed: event.isOnFeed)
            },
            summary: commit.summary, requests: isRepetition ? [] : commit.requests.map { moved($0, by: shift) },
            secrets: isRepetition ? [] : commit.secrets, destroysSecrets: commit.destroysSecrets,
            decided: isRepetition ? nil : commit.decided, idempotency: isRepetition ? nil : commit.idempotency,
            sends: isRepetition ? [] : commit.sends, policy: commit.policy,
            counters: isRepetition ? [] : commit.counters,
            outbox: commit.outbox.map { entry in
                OutboxEntry(
                    webhook: entry.webhook, sequence: entry.sequence + shift, type: entry.type, time: entry.time)
            })
    }

    private static func moved(_ change: RequestChange, by shift: Int64) -> RequestChange {
        RequestChange(
            id: change.id, type: change.type, status: change.status, openedAt: change.openedAt.map { $0 + shift },
            closedAt: change.closedAt.map { $0 + shift })
    }
}
