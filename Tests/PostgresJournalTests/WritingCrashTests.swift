import HoldpointCore
import HoldpointPorts
import PostgresClient
import PostgresJournal
import Synchronization
import Testing

extension PostgresJournalTests {
    struct WritingCrashTests {
        /// What a writer knows of its session.
        private struct Known {
            let name: String
            var head: Int64 = 0
            var acknowledged = 0
            var doubts = 0
            var broken: String?
        }

        /// What all writers have done so far.
        private final class Progress: Sendable {
            let acknowledged = Atomic<Int>(0)
        }

        @Test(.timeLimit(.minutes(1)))
        func
            `I1: a server that crashes under 64 writers loses nothing acknowledged, and reading ends doubts`()
            async throws
        {
            try await WritingScene.run { scene in
                let progress = Progress()
                let writers = try (0..<64).map { number in
                    let identity = try scene.identity(number, shard: UInt8(number))
                    return Task { await write(identity, scene, progress) }
                }
                while progress.acknowledged.load(ordering: .relaxed) < 200 { await Task.yield() }
                // Both slots have a segment under way when the server goes: those are in doubt.
                try? await scene.whileEventsAreLocked {
                    try await scene.waitUntilParked(2)
                    try scene.base.server.stop()
                }
                try scene.base.server.start()
                var doubts = 0
                var known: [String: Int64] = [:]
                for writer in writers {
                    let found = await writer.value
                    #expect(found.broken == nil)
                    doubts += found.doubts
                    known[found.name] = found.head
                }
                #expect(doubts >= 2)
                #expect(try await scene.heads() == known)
                #expect(try await scene.areLogsWhole())
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func `while the server is away, what cannot be sent is unavailable, and nothing of it is stored later`()
            async throws
        {
            try await WritingScene.run { scene in
                _ = try await scene.journal.commit(scene.commit(try scene.identity(0)))
                let commits = try (1...300).map { scene.commit(try scene.identity($0)) }
                try scene.base.server.stop()
                let outcomes = await scene.outcomes(of: commits)
                try scene.base.server.start()
                // The first batch may still meet the old connection.
                let isKnown = outcomes.map { outcome in
                    switch outcome {
                    case .unavailable: true
                    case .inDoubt: false
                    default: nil as Bool?
                    }
                }
                #expect(!isKnown.contains(nil), "\(outcomes)")
                #expect(isKnown.count { $0 == true } >= commits.count - WriteLimits().batchWrites)
                while case .unavailable = await scene.outcome(of: commits[299]) {}
                #expect(try await scene.heads() == ["session-0": 1, "session-300": 1])
            }
        }

        @Test func `a closed store is unavailable`() async throws {
            try await WritingScene.run { scene in
                _ = try await scene.journal.commit(scene.commit(try scene.identity(0)))
                await scene.journal.close()
                let outcome = await scene.outcome(of: scene.commit(try scene.identity(1)))
                let isUnavailable = if case .unavailable = outcome { true } else { false }
                #expect(isUnavailable, "\(String(describing: outcome))")
            }
        }

        /// Commits until enough is acknowledged, as an owner does: after a doubt it raises the generation and reads.
        private func write(_ identity: SessionIdentity, _ scene: WritingScene, _ progress: Progress) async -> Known {
            var known = Known(name: identity.id.text)
            var fence = scene.fences[Int(identity.key.shard.number)]
            while known.acknowledged < 20, known.broken == nil {
                switch await scene.outcome(of: scene.commit(identity, head: known.head, fence: fence)) {
                case nil:
                    known.head += 1
                    known.acknowledged += 1
                    progress.acknowledged.add(1, ordering: .relaxed)
                case .inDoubt:
                    known.doubts += 1
                    fence = await raised(fence, scene)
                    let head = await storedHead(identity, scene)
                    if head != known.head && head != known.head + 1 {
                        known.broken = "head \(head) after \(known.head)"
                    }
                    known.head = head
                case .fenced: fence = await raised(fence, scene)
                case .unavailable: await Task.yield()
                case let other: known.broken = "\(String(describing: other))"
                }
            }
            return known
        }

        private func raised(_ fence: Fence, _ scene: WritingScene) async -> Fence {
            while true {
                if let raised = try? await scene.journal.raiseGeneration(of: fence) { return raised }
                await Task.yield()
            }
        }

        private func storedHead(_ identity: SessionIdentity, _ scene: WritingScene) async -> Int64 {
            let statement = PostgresStatement("select coalesce(max(head), 0) from sessions where name = $1")
            while true {
                if let row = try? await scene.base.pool.run(statement, [.text(identity.id.text)]).rows.first,
                    let head = try? row.integer(0)
                {
                    return head
                }
                await Task.yield()
            }
        }
    }
}
