import HoldpointCore
import HoldpointPorts
import PostgresClient
import PostgresJournal
import Testing

extension PostgresJournalTests {
    struct NodeTests {
        @Test func `I9: of sealing keys the first is remembered, for ever`() async throws {
            try await PostgresScene.run { scene in
                let journal = try await scene.journal()
                #expect(try await journal.sealingKeyFingerprint() == nil)
                #expect(try await journal.rememberSealingKey(fingerprint: "one") == "one")
                #expect(try await journal.rememberSealingKey(fingerprint: "two") == "one")
                let other = try await scene.journal()
                #expect(try await other.sealingKeyFingerprint() == "one")
                #expect(try await other.rememberSealingKey(fingerprint: "one") == "one")
                #expect(try await scene.number("select count(*) from sealing") == 1)
            }
        }

        @Test func `nodes that tell different sealing keys at the same moment hear of the same one`() async throws {
            try await PostgresScene.run { scene in
                let first = try await scene.journal()
                let second = try await scene.journal()
                async let left = first.rememberSealingKey(fingerprint: "left")
                async let right = second.rememberSealingKey(fingerprint: "right")
                #expect(try await left == right)
            }
        }

        @Test func `the time is the server's`() async throws {
            try await PostgresScene.run { scene in
                let journal = try await scene.journal()
                let query = "select (extract(epoch from clock_timestamp()) * 1000)::int8"
                let before = try await scene.number(query)
                let time = try await journal.time().milliseconds
                #expect(time >= before)
                #expect(try await scene.number(query) >= time)
            }
        }

        @Test func `the status counts the connections of each purpose`() async throws {
            try await PostgresScene.run { scene in
                let journal = try await scene.journal { $0.readers = 4 }
                let status = await journal.status()
                #expect(status.pools.map(\.name) == ["write", "read", "oversee", "lease"])
                // Each pool has one connection when the store is open, and makes the others meanwhile.
                #expect(status.pools.allSatisfy { $0.connected >= 1 && $0.waiting == 0 })
                #expect(status.feedStalls == 0)
                #expect(await journal.problem == nil)
            }
        }
    }
}
