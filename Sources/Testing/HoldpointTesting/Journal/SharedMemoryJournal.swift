import HoldpointCore
package import HoldpointPorts

/// One node's way to a store in memory that several nodes share: with leases, which can be lost.
package final class SharedMemoryJournal: JournalDecorator {
    package var base: any Journal { shared }
    private let shared: MemoryJournal
    private let milliseconds: Int64
    private let life = Guarded<MemoryStore.Owner?>(nil)

    /// - Parameter milliseconds: for how long a lease stands in the store; the node is told half a second less.
    package init(_ shared: MemoryJournal, leaseMilliseconds milliseconds: Int64 = 3_000) {
        self.shared = shared
        self.milliseconds = milliseconds
    }

    package func takeUp(node: NodeName) async throws(JournalError) -> Tenure {
        let (now, milliseconds) = (shared.clock.now(), milliseconds)
        let owner = shared.store.withState { $0.join(node, now: now, milliseconds: milliseconds) }
        life.withState { $0 = owner }
        let gained = try await renew().gained
        return Tenure(
            fences: gained.map(\.fence), followsUncleanDeath: gained.contains(where: \.followsUncleanDeath))
    }

    package func renew() async throws(JournalError) -> LeaseReport {
        let owner = try owner()
        let (now, milliseconds) = (shared.clock.now(), milliseconds)
        let (gained, excess) = try shared.store.withState { store throws(JournalError) in
            try store.renew(owner, now: now, milliseconds: milliseconds)
        }
        return LeaseReport(gained: gained, excess: excess, milliseconds: milliseconds - 500, time: now)
    }

    package func handOver(_ fences: [Fence]) async throws(JournalError) {
        let owner = try owner()
        try shared.store.withState { store throws(JournalError) in try store.handOver(fences, by: owner) }
    }

    package func layDown() async throws(JournalError) {
        let owner = try owner()
        shared.store.withState { $0.leave(owner) }
    }

    package func nodes() async throws(JournalError) -> [NodeRecord] {
        shared.store.withState { store in
            store.leases.sorted { $0.key.text < $1.key.text }.map { name, lease in
                NodeRecord(
                    name: name, startedAt: lease.startedAt, renewedAt: lease.renewedAt, isLive: true,
                    shards: store.count(of: MemoryStore.Owner(node: name, life: lease.life)))
            }
        }
    }

    private func owner() throws(JournalError) -> MemoryStore.Owner {
        guard let owner = life.withState({ $0 }) else { throw .refused("the store was not taken up") }
        return owner
    }
}
