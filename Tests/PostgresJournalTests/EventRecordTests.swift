import HoldpointCore
import HoldpointPorts
import PostgresClient
import PostgresJournal
import Testing

extension PostgresJournalTests {
    struct EventRecordTests {
        private static func event(_ sequence: Int64, type: String, data: String, isOnFeed: Bool) -> RecordedEvent {
            RecordedEvent(
                sequence: sequence, time: Timestamp(milliseconds: -5 + sequence), type: EventType(type),
                data: Array(data.utf8), chain: WritingScene.event(sequence).chain, isOnFeed: isOnFeed)
        }

        @Test func `the events of a commit are read back as they were, by the store and by the view`() async throws {
            try await WritingScene.run { scene in
                let events = [
                    Self.event(1, type: "session_started", data: #"{"a":"é\u0000"}"#, isOnFeed: true),
                    Self.event(2, type: "", data: "", isOnFeed: false),
                    Self.event(3, type: String(repeating: "é", count: 127), data: "[1]", isOnFeed: true),
                ]
                let identity = try scene.identity(1)
                let receipt = try await scene.journal.commit(scene.commit(identity, events: events))
                let last = try #require(receipt.feedPosition)
                let read = try await scene.journal.events(of: identity.key, in: identity.scope, after: 0, limit: 9)
                #expect(read == events)
                let feed = try await scene.journal.feed(in: identity.scope, after: .start, limit: 9)
                #expect(feed.map(\.event) == [events[0], events[2]])
                #expect(feed.map(\.position.index) == [last.index - 1, last.index])
                let rows = try await scene.base.pool.run(
                    PostgresStatement(#"select seq, "time", type, on_feed, chain, data, xid from events order by seq"#)
                ).rows
                #expect(rows.count == 3)
                for (row, event) in zip(rows, events) {
                    #expect(try row.integer(0) == event.sequence && row.integer(1) == event.time.milliseconds)
                    #expect(try row.text(2) == event.type.text && row.boolean(3) == event.isOnFeed)
                    #expect(try row.bytes(4) == event.chain.bytes && row.bytes(5) == event.data)
                    #expect(try row.integer(6) == last.transaction)
                }
            }
        }

        @Test func `pages end within a commit, and go on within it`() async throws {
            try await WritingScene.run { scene in
                let identity = try scene.identity(1)
                for part in 0..<3 {
                    let events = (1...4).map { number in
                        Self.event(Int64(part * 4 + number), type: "x", data: "{}", isOnFeed: number != 2)
                    }
                    _ = try await scene.journal.commit(scene.commit(identity, head: Int64(part * 4), events: events))
                }
                for limit in 1...12 {
                    var log: [Int64] = []
                    while log.count < 12 {
                        let page = try await scene.journal.events(
                            of: identity.key, in: identity.scope, after: log.last ?? 0, limit: limit)
                        #expect(page.count == min(limit, 12 - log.count))
                        log += page.map(\.sequence)
                        if page.isEmpty { break }
                    }
                    #expect(log == Array(1...12))
                    var feed: [FeedItem] = []
                    while feed.count < 9 {
                        let page = try await scene.journal.feed(
                            in: identity.scope, after: feed.last?.position ?? .start, limit: limit)
                        #expect(page.count == min(limit, 9 - feed.count))
                        feed += page
                        if page.isEmpty { break }
                    }
                    #expect(feed.map(\.event.sequence) == [1, 3, 4, 5, 7, 8, 9, 11, 12])
                    #expect(zip(feed, feed.dropFirst()).allSatisfy { $0.position < $1.position })
                }
            }
        }

        @Test func `a page that the bytes of events off the feed have ended is read on`() async throws {
            try await WritingScene.run { scene in
                let identity = try scene.identity(1)
                let large = #"""# + String(repeating: "a", count: 200_000) + #"""#
                for part in 0..<8 {
                    let events = [
                        Self.event(Int64(part * 2 + 1), type: "x", data: large, isOnFeed: false),
                        Self.event(Int64(part * 2 + 2), type: "y", data: "{}", isOnFeed: true),
                    ]
                    _ = try await scene.journal.commit(scene.commit(identity, head: Int64(part * 2), events: events))
                }
                let feed = try await scene.journal.feed(in: identity.scope, after: .start, limit: 99)
                #expect(feed.map(\.event.sequence) == [2, 4, 6, 8, 10, 12, 14, 16])
                let log = try await scene.journal.events(of: identity.key, in: identity.scope, after: 0, limit: 99)
                #expect(log.map(\.sequence) == Array(1...11), "its data has 1 MiB with the eleventh")
                #expect(JournalPage.isFull(log))
            }
        }

        @Test func `a record that is cut off or altered is refused, and nothing is made up`() async throws {
            try await WritingScene.run { scene in
                let identity = try scene.identity(1)
                _ = try await scene.journal.commit(scene.commit(identity))
                for change in [
                    "substring(record from 1 for octet_length(record) - 1)", "record || '\\x00'::bytea",
                    "set_byte(record, 0, 127)", "set_byte(record, 20, 2)", "set_byte(record, 21, 255)",
                ] {
                    try await scene.base.execute(
                        "create temporary table kept as select * from log", "update log set record = \(change)")
                    await #expect(throws: JournalError.self, "\(change)") {
                        try await scene.journal.events(of: identity.key, in: identity.scope, after: 0, limit: 9)
                    }
                    try await scene.base.execute(
                        "update log l set record = k.record from kept k where k.session = l.session", "drop table kept")
                }
                #expect(
                    try await scene.journal.events(of: identity.key, in: identity.scope, after: 0, limit: 9).count == 1)
            }
        }

        @Test func `a log of a row for each event is brought over whole, and so is the feed`() async throws {
            try await PostgresScene.run(isMigrated: false) { scene in
                let earlier = PostgresSchema(steps: Array(PostgresSchema.current.steps.prefix(3)))
                _ = try await earlier.migrate(scene.connectionString, on: scene.loop)
                let key = "00000000-0000-0000-0000-000000000007"
                try await scene.execute(
                    "insert into tenants(name) values('acme')",
                    "insert into projects(tenant, name) values(1, 'billing')",
                    """
                    insert into sessions(key, tenant, project, name, agent, shard, status, head, created, updated)
                    values('\(key)', 1, 1, 'session-1', 'a', 7, 1, 3, 1000, 1000)
                    """,
                    """
                    insert into events(session, seq, tenant, project, time, type, on_feed, chain, data)
                    select '\(key)', n, 1, 1, 1000 + n, 'type_' || n, n <> 2, sha256(int4send(n)),
                        convert_to(repeat('é', n * 100), 'UTF8') from generate_series(1, 3) n
                    """,
                    "insert into feed(project, tenant, xid, n, session, seq) values(1, 1, 5, 1, '\(key)', 1)",
                    "insert into feed(project, tenant, xid, n, session, seq) values(1, 1, 6, 4, '\(key)', 3)")
                let migration = try await PostgresSchema.current.migrate(scene.connectionString, on: scene.loop)
                #expect(migration.from == 3 && migration.to == PostgresSchema.current.version)
                let journal = try await scene.journal()
                let scope = Scope(tenant: try TenantName("acme"), project: try ProjectName("billing"))
                let session = try #require(try await journal.find(SessionID("session-1"), in: scope))
                let events = try await journal.events(of: session.key, in: scope, after: 0, limit: 9)
                #expect(events.map(\.sequence) == [1, 2, 3] && events.map(\.isOnFeed) == [true, false, true])
                for (event, number) in zip(events, 1...3) {
                    #expect(event.type.text == "type_\(number)" && event.time.milliseconds == 1_000 + Int64(number))
                    #expect(event.data == Array(String(repeating: "é", count: number * 100).utf8))
                }
                #expect(Set(events.map(\.chain)).count == 3)
                let feed = try await journal.feed(in: scope, after: .start, limit: 9)
                #expect(feed.map(\.event) == [events[0], events[2]])
                #expect(feed.map(\.position) == [(5, 1), (6, 4)].map { FeedPosition(transaction: $0, index: $1) })
            }
        }
    }
}
