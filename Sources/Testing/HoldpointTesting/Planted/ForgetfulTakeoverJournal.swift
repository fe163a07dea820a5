package import HoldpointCore
package import HoldpointPorts

/// A planted bug: for a while after a node has come to own a shard, stored commands of its sessions are not found, so
/// that a timer comes before an answer that was stored in time (against I8 and I3).
package final class ForgetfulTakeoverJournal: JournalDecorator {
    package let base: any Journal
    private let clock: any Clock
    private let milliseconds: Int64
    /// When each shard's stored commands are found again.
    private let found = Guarded<[Shard: Timestamp]>([:])

    /// - Parameter milliseconds: how long the stored commands of a shard stay unseen.
    package init(_ base: any Journal, clock: any Clock, milliseconds: Int64 = 20_000) {
        self.base = base
        self.clock = clock
        self.milliseconds = milliseconds
    }

    package func takeUp(node: NodeName) async throws(JournalError) -> Tenure {
        let tenure = try await base.takeUp(node: node)
        forget(tenure.fences.map(\.shard))
        return tenure
    }

    package func renew() async throws(JournalError) -> LeaseReport {
        let report = try await base.renew()
        forget(report.gained.map(\.fence.shard))
        return report
    }

    package func undecided(
        of session: SessionKey, in scope: Scope, limit: Int
    ) async throws(JournalError) -> [StoredCommand] {
        isForgotten(session.shard) ? [] : try await base.undecided(of: session, in: scope, limit: limit)
    }

    package func undecided(
        shards: [Shard], after id: StoredCommandID?, limit: Int
    ) async throws(JournalError) -> [StoredCommand] {
        try await base.undecided(shards: shards.filter { !isForgotten($0) }, after: id, limit: limit)
    }

    private func forget(_ shards: [Shard]) {
        let end = clock.now().adding(milliseconds: milliseconds)
        found.withState { found in for shard in shards { found[shard] = end } }
    }

    private func isForgotten(_ shard: Shard) -> Bool {
        found.withState { $0[shard].map { clock.now() < $0 } ?? false }
    }
}
