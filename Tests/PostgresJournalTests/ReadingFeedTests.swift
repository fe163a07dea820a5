import HoldpointCore
import HoldpointPorts
import HoldpointTesting
import PostgresClient
import PostgresJournal
import Testing

extension PostgresJournalTests {
    struct ReadingFeedTests {
        /// Puts the first two events of a session on the feed, as a transaction does that is not committed yet.
        private static let write = PostgresStatement(
            """
            update log l set xid = pg_current_xact_id()::text::int8, n = 2
            from sessions s where s.key = l.session and s.name = 'session-1'
            """)

        /// Makes session 1, whose events are not on the feed yet.
        private func prepare(_ scene: WritingScene) async throws {
            let events = [WritingScene.event(1), WritingScene.event(2)]
            _ = try await scene.journal.commit(scene.commit(try scene.identity(1), events: events))
            try await scene.base.execute("update log set xid = null, n = null")
        }

        /// Runs `body` while an older transaction has written to the feed and not committed.
        private func whileAnOlderOneWrites(
            _ scene: WritingScene, _ body: () async throws -> Void
        ) async throws {
            var result: Result<Void, any Error> = .success(())
            try await scene.base.pool.transaction { transaction throws(PostgresError) in
                _ = try await transaction.run(Self.write)
                do { try await body() } catch { result = .failure(error) }
            }
            try result.get()
        }

        private func sessions(_ items: [FeedItem]) -> [String] { items.map(\.session.id.text) }

        @Test func `a slow older transaction makes no reader skip its rows`() async throws {
            try await WritingScene.run { scene in
                try await prepare(scene)
                let journal = scene.journal
                let first = try await journal.commit(scene.commit(try scene.identity(2))).feedPosition
                var before: [FeedItem] = []
                try await whileAnOlderOneWrites(scene) {
                    let newer = try await journal.commit(scene.commit(try scene.identity(3))).feedPosition
                    before = try await journal.feed(in: scene.scope, after: .start, limit: 9)
                    #expect(sessions(before) == ["session-2"])
                    let bounds = try await journal.feedBounds(in: scene.scope)
                    #expect(bounds.head == first)
                    #expect(try #require(newer) > bounds.head)
                }
                let after = try await journal.feed(
                    in: scene.scope, after: try #require(before.last).position, limit: 9)
                #expect(sessions(after) == ["session-1", "session-1", "session-3"])
                #expect(after.map(\.event.sequence) == [1, 2, 1])
                let all = try await journal.feed(in: scene.scope, after: .start, limit: 9)
                #expect(all == before + after)
                #expect(try await journal.feedBounds(in: scene.scope).head == all.last?.position)
            }
        }

        @Test func `a transaction that holds the feeds back is waited for and counted once`() async throws {
            try await WritingScene.run { scene in
                try await prepare(scene)
                #expect(scene.journal.feedStalls == 0)
                for number in 1...2 {
                    try await whileAnOlderOneWrites(scene) {
                        _ = try await scene.journal.commit(scene.commit(try scene.identity(number + 2)))
                        let start = ContinuousClock.now
                        for _ in 0..<3 {
                            _ = try await scene.journal.feed(in: scene.scope, after: .start, limit: 99)
                        }
                        #expect(ContinuousClock.now - start > .milliseconds(200))
                        #expect(scene.journal.feedStalls == Int64(number))
                    }
                }
            }
        }

        @Test func `a transaction that writes nothing that is wanted is not waited for`() async throws {
            try await WritingScene.run { scene in
                try await prepare(scene)
                _ = try await scene.journal.commit(scene.commit(try scene.identity(2)))
                try await whileAnOlderOneWrites(scene) {
                    let page = try await scene.journal.feed(in: scene.scope, after: .start, limit: 9)
                    #expect(sessions(page) == ["session-2"])
                    // A page that is full is no reason to wait either.
                    _ = try await scene.journal.commit(scene.commit(try scene.identity(3)))
                    let full = try await scene.journal.feed(in: scene.scope, after: .start, limit: 1)
                    #expect(full == page)
                    #expect(scene.journal.feedStalls == 0)
                }
            }
        }

        @Test func `a reader waits a moment for an older transaction, so that its doorbell is not in vain`()
            async throws
        {
            try await WritingScene.run { scene in
                try await prepare(scene)
                let journal = scene.journal
                let looks = """
                    select count(*) from pg_stat_activity where datname = current_database()
                      and application_name like 'holdpoint:%:read' and query like '%pg_snapshot_xmin%'
                    """
                var reading: Task<[FeedItem], any Error>?
                try await whileAnOlderOneWrites(scene) {
                    _ = try await journal.commit(scene.commit(try scene.identity(3)))
                    reading = Task { try await journal.feed(in: scene.scope, after: .start, limit: 9) }
                    try await scene.base.wait(until: looks)
                }
                let items = try #require(try await reading?.value)
                // Whoever is too late, on a machine that is busy elsewhere, has counted that.
                #expect(sessions(items) == ["session-1", "session-1", "session-3"] || journal.feedStalls == 1)
            }
        }
    }
}
