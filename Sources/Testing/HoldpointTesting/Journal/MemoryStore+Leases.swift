import HoldpointCore
import HoldpointPorts

extension MemoryStore {
    /// A life of a node that shares the store.
    struct Lease: Sendable {
        let life: Int64
        let startedAt: Timestamp
        var renewedAt: Timestamp
        var expiresAt: Timestamp
    }

    /// Whose a shard is.
    struct Owner: Sendable, Equatable {
        let node: NodeName
        let life: Int64
    }

    /// Begins a life of a node; an earlier one of the same name is over.
    mutating func join(_ node: NodeName, now: Timestamp, milliseconds: Int64) -> Owner {
        if let earlier = leases[node] { end(Owner(node: node, life: earlier.life)) }
        lastTransaction += 1
        leases[node] = Lease(
            life: lastTransaction, startedAt: now, renewedAt: now, expiresAt: now.adding(milliseconds: milliseconds))
        return Owner(node: node, life: lastTransaction)
    }

    /// Renews a life, ends those whose time is over, and gives it what nobody owns, up to its share.
    mutating func renew(
        _ owner: Owner, now: Timestamp, milliseconds: Int64
    ) throws(JournalError) -> (gained: [ShardGain], excess: Int) {
        guard leases[owner.node]?.life == owner.life else { throw .fenced }
        leases[owner.node]?.renewedAt = now
        leases[owner.node]?.expiresAt = now.adding(milliseconds: milliseconds)
        for (node, lease) in leases.sorted(by: { $0.key.text < $1.key.text })
        where lease.expiresAt <= now && node != owner.node {
            end(Owner(node: node, life: lease.life))
        }
        let share = (Shard.all.count + leases.count - 1) / leases.count
        var gained: [ShardGain] = []
        let owned = count(of: owner)
        for index in owners.indices where owners[index] == nil && owned + gained.count < share {
            owners[index] = owner
            fences[index] = Fence(shard: fences[index].shard, epoch: fences[index].epoch + 1, generation: 1)
            gained.append(ShardGain(fence: fences[index], followsUncleanDeath: followsDeath[index]))
            followsDeath[index] = false
        }
        let least = Shard.all.count / leases.count
        let isSomebodyShort = leases.contains { count(of: Owner(node: $0.key, life: $0.value.life)) < least }
        return (gained, isSomebodyShort ? max(0, count(of: owner) - share) : 0)
    }

    /// Ends a node's lease before its time, as a step of the store's clock does.
    mutating func expireLease(of node: NodeName) { leases[node]?.expiresAt = Timestamp(milliseconds: 0) }

    /// Gives shards up that a life owns; passes over those that it has given up already.
    mutating func handOver(_ shards: [Fence], by owner: Owner) throws(JournalError) {
        guard leases[owner.node]?.life == owner.life else { throw .fenced }
        for fence in shards where owners[Int(fence.shard.number)] == owner && epoch(of: fence.shard) == fence.epoch {
            free(Int(fence.shard.number), followsDeath: false)
        }
    }

    /// Ends a life cleanly.
    mutating func leave(_ owner: Owner) {
        guard leases[owner.node]?.life == owner.life else { return }
        leases[owner.node] = nil
        for index in owners.indices where owners[index] == owner { free(index, followsDeath: false) }
    }

    /// How many shards a life owns.
    func count(of owner: Owner) -> Int { owners.reduce(0) { $0 + ($1 == owner ? 1 : 0) } }

    private func epoch(of shard: Shard) -> Int64 { fences[Int(shard.number)].epoch }

    /// Ends a life that did not end itself.
    private mutating func end(_ owner: Owner) {
        leases[owner.node] = nil
        for index in owners.indices where owners[index] == owner { free(index, followsDeath: true) }
    }

    private mutating func free(_ index: Int, followsDeath: Bool) {
        owners[index] = nil
        self.followsDeath[index] = followsDeath
        // Whatever is still under way under the fence so far is refused from now on.
        fences[index] = Fence(shard: fences[index].shard, epoch: fences[index].epoch + 1, generation: 0)
    }
}
