import HoldpointCore
import HoldpointPorts
import PostgresClient
import PostgresJournal
import Testing

extension PostgresJournalTests {
    struct LeaseTests {
        @Test func `a node that is alone owns everything, and its lease is shorter for itself than for others`()
            async throws
        {
            try await PostgresScene.run { scene in
                let journal = try await scene.journal()
                let tenure = try await journal.takeUp(node: NodeName("a"))
                #expect(tenure.fences.map(\.shard) == Shard.all)
                #expect(!tenure.followsUncleanDeath)
                let report = try await journal.renew()
                #expect(report.gained.isEmpty && report.excess == 0)
                #expect(report.milliseconds == 2_500)
                let now = try await scene.number("select (extract(epoch from clock_timestamp()) * 1000)::int8")
                let time = try #require(report.time).milliseconds
                #expect(time <= now && now - time < 60_000)
            }
        }

        @Test func `nodes share within one apart as they come and go, and epochs rise`() async throws {
            try await PostgresScene.run { scene in
                var nodes = [try await LeaseNode.join("a", in: scene)]
                for (name, counts) in [("b", [128, 128]), ("c", [85, 85, 86]), ("d", [64, 64, 64, 64])] {
                    nodes.append(try await LeaseNode.join(name, in: scene))
                    try await scene.settle(nodes)
                    #expect(nodes.map(\.fences.count).sorted() == counts)
                }
                #expect(Set(nodes.flatMap { $0.fences.keys }).count == 256)
                #expect(try await scene.number("select min(epoch) from shards") >= 1)
                #expect(try await scene.number("select max(epoch) from shards") <= 4)
                try await nodes.removeLast().journal.layDown()
                try await scene.settle(nodes)
                #expect(nodes.map(\.fences.count).sorted() == [85, 85, 86])
                for fence in nodes.flatMap({ $0.fences.values }) {
                    let epoch = try await scene.number(
                        "select epoch from shards where shard = \(fence.shard.number)")
                    #expect(fence.epoch == epoch)
                }
            }
        }

        @Test func `shares are within one apart whatever the nodes own, and only what must move does`() {
            for count in 1...9 {
                for seed in 0..<50 {
                    var owned: [String: Int] = [:]
                    for shard in 0..<256 { owned["\((shard * shard + seed * shard) % 101 % count)", default: 0] += 1 }
                    let excess = owned.keys.map { ShardShares.excess(of: $0, among: owned) }
                    let kept = owned.map { $0.value - ShardShares.excess(of: $0.key, among: owned) }
                    let share = 256 / owned.count
                    #expect(kept.allSatisfy { $0 <= share + 1 })
                    #expect(kept.count { $0 == share + 1 } <= 256 % owned.count)
                    let missing = owned.values.reduce(0) { $0 + max(0, share - $1) }
                    #expect(excess.reduce(0, +) >= missing)
                    #expect(excess.reduce(0, +) <= missing + 256 % owned.count)
                }
            }
            #expect(ShardShares.excess(of: "a", among: ["a": 256]) == 0)
            #expect(ShardShares.excess(of: "a", among: ["b": 256]) == 0)
        }

        @Test func `I2: a node that stops renewing loses all, its writers are fenced, and the next owner is told`()
            async throws
        {
            try await PostgresScene.run { scene in
                let dead = try await LeaseNode.join("a", in: scene, lease: .milliseconds(100))
                let other = try await LeaseNode.join("b", in: scene)
                try await scene.waitForEnd(ofLeaseOf: "a")
                let report = try await other.journal.renew()
                #expect(report.gained.map(\.fence.shard) == Shard.all)
                #expect(report.gained.allSatisfy { $0.followsUncleanDeath && $0.fence.epoch == 2 })
                #expect(try await scene.number("select count(*) from fences where node = 'a'") == 0)
                let fence = try #require(dead.fences[Shard(1)])
                #expect(await dead.error { _ = try await $0.raiseGeneration(of: fence) } == .fenced)
                #expect(await dead.isFenced())
                try await dead.journal.layDown()
                // It may come back, and finds that nothing is free.
                #expect(try await dead.journal.takeUp(node: dead.name).fences.isEmpty)
                #expect(try await scene.number("select count(*) from shards where owner = 'b'") == 256)
            }
        }

        @Test func `a lease that has run out stands while nobody ends it`() async throws {
            try await PostgresScene.run { scene in
                let node = try await LeaseNode.join("a", in: scene, lease: .milliseconds(1))
                try await scene.waitForEnd(ofLeaseOf: "a")
                let report = try await node.journal.renew()
                #expect(report.gained.isEmpty)
                #expect(report.milliseconds == 0)
            }
        }

        @Test func `I2: a name that is taken up again ends its earlier life at once`() async throws {
            try await PostgresScene.run { scene in
                let first = try await LeaseNode.join("a", in: scene)
                let second = try await LeaseNode.join("a", in: scene)
                #expect(second.fences.count == 256)
                #expect(second.fences.values.allSatisfy { $0.epoch == 2 })
                #expect(await first.isFenced())
                let again = try await second.journal.takeUp(node: NodeName("c"))
                #expect(again.fences.count == 256 && again.followsUncleanDeath)
                #expect(again.fences.allSatisfy { $0.epoch == 3 })
            }
        }

        @Test func `of processes that join under one name at once, one remains`() async throws {
            try await PostgresScene.run { scene in
                var journals: [PostgresJournal] = []
                for _ in 0..<3 { journals.append(try await scene.journal()) }
                await withTaskGroup(of: Void.self) { group in
                    for journal in journals { group.addTask { _ = try? await journal.takeUp(node: NodeName("a")) } }
                }
                var standing = 0
                for journal in journals where (try? await journal.renew()) != nil { standing += 1 }
                #expect(standing == 1)
                #expect(try await scene.number("select count(*) from fences") == 2)
                #expect(try await scene.number("select count(*) from shards where owner = 'a'") == 256)
            }
        }

        @Test func `a clean end leaves nothing to look into, and nodes are shown as they are`() async throws {
            try await PostgresScene.run { scene in
                let first = try await LeaseNode.join("a", in: scene)
                let second = try await LeaseNode.join("b", in: scene, lease: .milliseconds(1))
                let shown = try await first.journal.nodes()
                #expect(shown.map(\.name.text) == ["a", "b"])
                #expect(shown.map(\.shards) == [256, 0])
                try await scene.waitForEnd(ofLeaseOf: "b")
                #expect(try await first.journal.nodes().map(\.isLive) == [true, false])
                try await first.journal.layDown()
                try await first.journal.layDown()
                #expect(await first.isFenced())
                let report = try await second.journal.renew()
                #expect(report.gained.count == 256)
                #expect(report.gained.allSatisfy { !$0.followsUncleanDeath })
                #expect(try await second.journal.nodes().map(\.name.text) == ["b"])
            }
        }

        @Test func `the nodes of ended leases are forgotten in time`() async throws {
            try await PostgresScene.run { scene in
                _ = try await LeaseNode.join("a", in: scene, lease: .milliseconds(1))
                try await scene.waitForEnd(ofLeaseOf: "a")
                let other = try await LeaseNode.join("b", in: scene)
                _ = try await other.renew()
                #expect(try await other.journal.nodes().map(\.name.text) == ["a", "b"])
                let late = try await scene.journal { $0.nodeMemory = .zero }
                _ = try await late.takeUp(node: NodeName("c"))
                #expect(try await late.nodes().map(\.name.text) == ["b", "c"])
            }
        }

        @Test func `whoever has not joined owns nothing`() async throws {
            try await PostgresScene.run { scene in
                let node = try await LeaseNode.join("a", in: scene)
                let fence = try #require(node.fences[Shard(0)])
                let journal = try await scene.journal()
                for body: (PostgresJournal) async throws -> Void in [
                    { _ = try await $0.renew() }, { try await $0.handOver([fence]) },
                    { _ = try await $0.raiseGeneration(of: fence) },
                ] {
                    await #expect(throws: JournalError.fenced) { try await body(journal) }
                }
                try await journal.layDown()
                #expect(try await scene.number("select count(*) from shards where owner = 'a'") == 256)
            }
        }
    }
}
