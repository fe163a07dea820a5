import HoldpointCore
package import HoldpointPorts

/// A fresh store that several nodes can share, as a lease's conformance needs it.
package struct SharedStore: Sendable {
    /// Tenants and projects.
    package let directory: any Directory
    /// A process of its own: what it calls `takeUp` with is the node's name.
    package let process: @Sendable () async throws -> any Journal
    /// Returns when a lease that was renewed before and not since has run out.
    package let letLeasesPass: @Sendable () async throws -> Void

    package init(
        directory: any Directory, process: @escaping @Sendable () async throws -> any Journal,
        letLeasesPass: @escaping @Sendable () async throws -> Void
    ) {
        self.directory = directory
        self.process = process
        self.letLeasesPass = letLeasesPass
    }
}

/// What a store must do that nodes share: at most one of them writes a session (I2).
package enum LeaseConformance {
    /// Every promise of leases; each case wants a fresh store.
    package static let cases: [ConformanceCase<SharedStore>] = [
        ConformanceCase("I2: the first node owns every shard, and two come to own half of them each") { store in
            let first = try await Member("first", store)
            try expectEqual(first.shards, Set(Shard.all), "shards of the first node")
            let second = try await Member("second", store)
            try await balance(first, second)
            try expectEqual(first.shards.count, 128, "shards of the first node then")
            try expectEqual(second.shards.count, 128, "shards of the second node then")
            try expect(first.shards.isDisjoint(with: second.shards), "a shard has two owners")
            try expectEqual(
                try await second.journal.nodes().map { [$0.name.text, "\($0.shards)"] },
                [["first", "128"], ["second", "128"]], "nodes")
            try expect(second.deaths.isEmpty, "a planned hand-over is no death")
        },
        ConformanceCase("I2: what is handed over is refused to its owner before and written by the next") { store in
            let (first, second) = (try await Member("first", store), try await Member("second", store))
            let old = try expectPresent(first.fences[Shard(255)], "fence")
            try await first.write(1, under: old, head: 0)
            try await first.journal.handOver([old])
            try await first.expectRefusal(old, head: 1)
            try await second.renew()
            let new = try expectPresent(second.fences[Shard(255)], "fence at the next owner")
            try expect(new.epoch > old.epoch, "the epoch rises with each owner")
            try await second.write(1, under: new, head: 1)
            try await first.expectRefusal(old, head: 2)
        },
        ConformanceCase("what was given up is passed over by a hand-over that is repeated, and the rest given up") {
            store in
            let (first, second) = (try await Member("first", store), try await Member("second", store))
            let (one, two) = (first.fences[Shard(7)], first.fences[Shard(70)])
            let (gone, left) = (try expectPresent(one, "fence"), try expectPresent(two, "fence"))
            try await first.journal.handOver([gone])
            try await first.journal.handOver([gone, left])
            try await second.renew()
            try expectEqual(second.shards, [gone.shard, left.shard], "shards of the second node")
            try expect(second.deaths.isEmpty, "a planned hand-over is no death")
        },
        ConformanceCase("I2: once its lease is over, nothing that a node sends is written") { store in
            let (first, second) = (try await Member("first", store), try await Member("second", store))
            let old = try expectPresent(first.fences[Shard(3)], "fence")
            try await first.write(1, under: old, head: 0)
            try await store.letLeasesPass()
            try await second.rejoinOrRenew()
            try expectEqual(second.shards, Set(Shard.all), "shards of the node that is left")
            try expect(second.deaths.contains(Shard(3)), "the owner before died")
            try await first.expectRefusal(old, head: 1)
            let new = try expectPresent(second.fences[Shard(3)], "fence")
            try await second.write(1, under: new, head: 1)
            try await JournalScene.expectRefusal("the renewal of a lease that is over") {
                () async throws(JournalError) in _ = try await first.journal.renew()
            }
        },
        ConformanceCase("I2: a node that begins another life under its name ends the earlier one at once") { store in
            let first = try await Member("first", store)
            let old = try expectPresent(first.fences[Shard(9)], "fence")
            try await first.write(1, under: old, head: 0)
            let again = try await Member("first", store)
            try expectEqual(again.shards, Set(Shard.all), "shards of the later life")
            try expect(!again.deaths.isEmpty, "the earlier life did not end cleanly")
            try await first.expectRefusal(old, head: 1)
        },
        ConformanceCase("a node that lays down leaves its shards to the others, and no death behind") { store in
            let (first, second) = (try await Member("first", store), try await Member("second", store))
            try await first.journal.layDown()
            try await second.renew()
            try expectEqual(second.shards, Set(Shard.all), "shards of the node that is left")
            try expect(second.deaths.isEmpty, "a clean end is no death")
            try expectEqual(try await second.journal.nodes().map(\.name.text), ["second"], "nodes")
        },
    ]

    /// Renews in turn until nobody has too much.
    private static func balance(_ first: Member, _ second: Member) async throws {
        for _ in 0..<8 {
            let excess = try await first.renew()
            if excess > 0 { try await first.handOver(excess) }
            try await second.renew()
            if second.shards.count == 128 { return }
        }
    }
}

/// A node of a case, with what it knows to be its own.
private final class Member: Sendable {
    let name: NodeName
    let journal: any Journal
    private let scope: Scope
    private let owned = Guarded<[Shard: Fence]>([:])
    private let died = Guarded<Set<Shard>>([])

    init(_ name: String, _ store: SharedStore) async throws {
        self.name = try NodeName(name)
        scope = try JournalScene.scope("acme", "billing")
        _ = try await store.directory.createTenant(scope.tenant)
        _ = try await store.directory.createProject(scope)
        journal = try await store.process()
        try await join()
    }

    var fences: [Shard: Fence] { owned.withState { $0 } }
    var shards: Set<Shard> { Set(fences.keys) }
    /// The shards that it took over from a node that had died.
    var deaths: Set<Shard> { died.withState { $0 } }

    private func join() async throws {
        let tenure = try await journal.takeUp(node: name)
        take(tenure.fences.map { ShardGain(fence: $0, followsUncleanDeath: tenure.followsUncleanDeath) })
    }

    /// Renews; returns how many shards are too many.
    @discardableResult
    func renew() async throws -> Int {
        let report = try await journal.renew()
        take(report.gained)
        return report.excess
    }

    /// Renews, or begins anew if its own lease ran out meanwhile.
    func rejoinOrRenew() async throws {
        do {
            try await renew()
        } catch JournalError.fenced {
            owned.withState { $0 = [:] }
            try await join()
        }
    }

    func handOver(_ count: Int) async throws {
        let given = fences.values.sorted { $0.shard < $1.shard }.suffix(count)
        try await journal.handOver(Array(given))
        owned.withState { owned in for fence in given { owned[fence.shard] = nil } }
    }

    func write(_ number: Int, under fence: Fence, head: Int64) async throws {
        _ = try await journal.commit(try commit(number, under: fence, head: head))
    }

    func expectRefusal(_ fence: Fence, head: Int64) async throws {
        let commit = try commit(1, under: fence, head: head)
        do throws(JournalError) {
            _ = try await journal.commit(commit)
        } catch {
            return try expectEqual(error, .fenced, "what is said to a write of a shard that is not its own")
        }
        throw ConformanceFailure(description: "\(name) wrote shard \(fence.shard), which is not its own")
    }

    private func take(_ gained: [ShardGain]) {
        owned.withState { owned in for gain in gained { owned[gain.fence.shard] = gain.fence } }
        died.withState { died in
            for gain in gained where gain.followsUncleanDeath { died.insert(gain.fence.shard) }
        }
    }

    private func commit(_ number: Int, under fence: Fence, head: Int64) throws -> SessionCommit {
        let random = Identifier128(high: 0, low: UInt64(number) << 8 | UInt64(fence.shard.number))
        let identity = SessionIdentity(
            scope: scope, key: SessionKey(time: JournalScene.time(Int64(number)), random: random),
            id: try SessionID("session-\(number)"))
        return SessionCommit(
            identity: identity, fence: fence, expectedHead: head, events: [JournalScene.event(head + 1)],
            summary: SessionSummary(
                status: .running, wakeAt: nil, agent: try AgentName("clerk"), createdAt: JournalScene.epoch,
                updatedAt: JournalScene.time(head)))
    }
}
