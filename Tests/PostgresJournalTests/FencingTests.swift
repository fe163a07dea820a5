import HoldpointCore
import HoldpointPorts
import PostgresClient
import PostgresJournal
import Testing

extension PostgresJournalTests {
    struct FencingTests {
        @Test func `I2: a hand-over raises the generation, and the next owner follows no death`() async throws {
            try await PostgresScene.run { scene in
                let node = try await LeaseNode.join("a", in: scene)
                let other = try await LeaseNode.join("b", in: scene)
                let leaving = try [Shard(3), Shard(5)].map { try #require(node.fences[$0]) }
                let staying = try [Shard(7), Shard(8)].map { try #require(node.fences[$0]) }
                try await node.journal.handOver(leaving)
                let report = try await other.journal.renew()
                #expect(report.gained.map(\.fence.shard) == [Shard(3), Shard(5)])
                #expect(report.gained.allSatisfy { $0.fence.epoch == 2 && !$0.followsUncleanDeath })
                await #expect(throws: JournalError.fenced) {
                    try await node.journal.raiseGeneration(of: leaving[0])
                }
                // The other slot is as it was; a shard that stays goes on under the slot's new generation.
                let raised = try await node.journal.raiseGeneration(of: staying[0])
                #expect(raised.epoch == staying[0].epoch && raised.generation == staying[0].generation + 1)
                let even = try await node.journal.raiseGeneration(of: staying[1])
                #expect(even.generation == staying[1].generation + 1)
                #expect(try await node.journal.renew().gained.isEmpty)
                // Again, as after an answer that was lost: nothing of the other's is given up.
                try await node.journal.handOver(leaving)
                #expect(try await scene.number("select count(*) from shards where owner = 'b'") == 2)
            }
        }

        @Test func `I2: a hand-over and a raised generation wait for what is being written; a renewal does not`()
            async throws
        {
            try await PostgresScene.run { scene in
                let node = try await LeaseNode.join("a", in: scene)
                let fence = try #require(node.fences[Shard(4)])
                let leaving = try #require(node.fences[Shard(5)])
                var waiting: [Task<Void, any Error>] = []
                let journal = node.journal
                let failure = try await scene.whileWriting(of: "a") {
                    waiting.append(Task { _ = try await journal.raiseGeneration(of: fence) })
                    try await scene.waitForWaiter()
                    waiting.append(Task { try await journal.handOver([leaving]) })
                    #expect(try await journal.renew().gained.isEmpty)
                    #expect(try await scene.number("select sum(generation)::int8 from fences") == 2)
                    #expect(try await scene.number("select count(*) from shards where owner = 'a'") == 256)
                }
                #expect(failure == nil)
                for task in waiting { try await task.value }
                #expect(try await scene.number("select sum(generation)::int8 from fences") == 4)
                #expect(try await scene.number("select count(*) from shards where owner = 'a'") == 255)
            }
        }

        @Test func `many who raise one generation at once raise it once`() async throws {
            try await PostgresScene.run { scene in
                let node = try await LeaseNode.join("a", in: scene)
                let journal = node.journal
                let fences = node.fences.values.filter { $0.shard.number.isMultiple(of: 2) }
                let raised = try await withThrowingTaskGroup(of: Fence.self) { group in
                    for fence in fences { group.addTask { try await journal.raiseGeneration(of: fence) } }
                    var raised: [Fence] = []
                    for try await fence in group { raised.append(fence) }
                    return raised
                }
                #expect(raised.count == 128)
                #expect(Set(raised.map(\.generation)).count == 1)
                #expect(raised.allSatisfy { $0.generation == fences[0].generation + 1 })
            }
        }

        @Test func `I2: a takeover waits for what a dead node is writing`() async throws {
            try await PostgresScene.run { scene in
                _ = try await LeaseNode.join("a", in: scene, lease: .milliseconds(1))
                let patient = try await scene.journal { $0.takeoverPatience = .seconds(30) }
                _ = try await patient.takeUp(node: NodeName("b"))
                try await scene.waitForEnd(ofLeaseOf: "a")
                var takeover: Task<LeaseReport, any Error>?
                let failure = try await scene.whileWriting(of: "a") {
                    takeover = Task { try await patient.renew() }
                    try await scene.waitForWaiter()
                    #expect(try await scene.number("select count(*) from shards where owner = 'a'") == 256)
                }
                #expect(failure == nil)
                #expect(try await takeover?.value.gained.count == 256)
            }
        }

        @Test func `I2: a dead node whose transaction does not end is cut off`() async throws {
            try await PostgresScene.run { scene in
                _ = try await LeaseNode.join("a", in: scene, lease: .milliseconds(1))
                let other = try await LeaseNode.join("b", in: scene)
                try await scene.waitForEnd(ofLeaseOf: "a")
                let failure = try await scene.whileWriting(of: "a") {
                    // A connection that is cut off may take longer to end than the node has patience.
                    while other.fences.isEmpty { _ = try await other.renew() }
                    #expect(other.fences.count == 256)
                }
                #expect(failure != nil)
            }
        }

        @Test func `I2: a name that is taken up again does not wait for its earlier life either`() async throws {
            try await PostgresScene.run { scene in
                let first = try await LeaseNode.join("a", in: scene)
                let failure = try await scene.whileWriting(of: "a") {
                    let second = try await LeaseNode.join("a", in: scene)
                    #expect(second.fences.count == 256)
                }
                #expect(failure != nil)
                #expect(await first.isFenced())
            }
        }

        @Test func `a renewal whose answer was lost gives what it took to the next one`() async throws {
            try await PostgresScene.run { scene in
                let node = try await LeaseNode.join("a", in: scene)
                // What the server has done and nobody here was told.
                try await scene.execute("update shards set epoch = epoch + 1, unclean = true where shard = 9")
                let report = try await node.journal.renew()
                #expect(report.gained.map(\.fence.shard) == [Shard(9)])
                #expect(report.gained.first?.fence.epoch == 2)
                #expect(report.gained.first?.followsUncleanDeath == true)
                #expect(try await node.journal.renew().gained.isEmpty)
            }
        }
    }
}
