import HoldpointCore
import HoldpointPorts
import PostgresJournal
import Testing

extension PostgresJournalTests {
    struct NamesakeTests {
        @Test func `I2: of two processes under one name the later one works, and the other stands by until it is gone`()
            async throws
        {
            try await PostgresScene.run { scene in
                let name = try NodeName("a")
                let first = try await LeaseNode.join("a", in: scene)
                let second = try await LeaseNode.join("a", in: scene)
                #expect(second.fences.count == 256)
                #expect(await first.isFenced())
                for _ in 0..<3 {
                    let refusal = await first.error { _ = try await $0.takeUp(node: name) }
                    #expect(refusal == .refused("another process has taken the name a; each node needs one of its own"))
                }
                #expect(try await second.renew().gained.isEmpty)
                try await second.journal.layDown()
                #expect(try await first.journal.takeUp(node: name).fences.count == 256)
            }
        }

        @Test func `a process goes on under its name once its namesake's lease has run out`() async throws {
            try await PostgresScene.run { scene in
                let first = try await LeaseNode.join("a", in: scene)
                _ = try await LeaseNode.join("a", in: scene, lease: .milliseconds(1))
                #expect(await first.isFenced())
                try await scene.waitForEnd(ofLeaseOf: "a")
                #expect(try await first.journal.takeUp(node: NodeName("a")).fences.count == 256)
            }
        }
    }
}
