import HoldpointCore
import HoldpointPorts
import HoldpointTesting
import PostgresClient
import PostgresJournal
import Testing

extension PostgresJournalTests {
    /// Nodes of two releases on one database.
    struct ReleaseTests {
        /// The tables of a later release.
        private static func later(admitsEarlier: Bool) -> PostgresSchema {
            PostgresSchema.current.adding(.init(["create table extras(n int8)"], admitsEarlier: admitsEarlier))
        }

        private func failure<Output>(_ body: () async throws -> Output) async throws -> JournalUnusable? {
            do {
                _ = try await body()
                return nil
            } catch let error as JournalUnusable {
                return error
            }
        }

        @Test func `a step that admits earlier releases leaves their nodes at work, and lets them start`() async throws
        {
            try await PostgresScene.run { scene in
                let node = try await LeaseNode.join("a", in: scene)
                let later = Self.later(admitsEarlier: true)
                let migration = try await later.migrate(scene.connectionString, on: scene.loop)
                #expect(migration.from == PostgresSchema.current.version && migration.to == later.version)
                _ = try await node.renew()
                let other = try await scene.journal { $0.schema = later }
                _ = try await other.takeUp(node: NodeName("b"))
                let restarted = try await scene.journal()
                _ = try await restarted.takeUp(node: NodeName("a"))
                let again = try await PostgresSchema.current.migrate(scene.connectionString, on: scene.loop)
                #expect(again.from == later.version && again.to == later.version)
                #expect(try await scene.number("select version from schema_version") == later.version)
            }
        }

        @Test func `a step that does not admit them waits until they are stopped, and refuses them then`() async throws
        {
            try await PostgresScene.run { scene in
                let node = try await LeaseNode.join("a", in: scene)
                let later = Self.later(admitsEarlier: false)
                let needed = try await failure { try await later.migrate(scene.connectionString, on: scene.loop) }
                #expect(needed?.kind == .neededByEarlier && needed?.description.hasSuffix("stop a") == true)
                #expect(
                    try await scene.number("select version from schema_version") == PostgresSchema.current.version)
                _ = try await node.renew()
                try await node.journal.layDown()
                _ = try await later.migrate(scene.connectionString, on: scene.loop)
                guard case .refused = await node.error({ _ = try await $0.takeUp(node: node.name) }) else {
                    Issue.record("it joined")
                    return
                }
                #expect(try await failure { try await scene.journal() }?.kind == .newerFormat)
                let migration = try await failure {
                    try await PostgresSchema.current.migrate(scene.connectionString, on: scene.loop)
                }
                #expect(migration?.kind == .newerFormat)
            }
        }

        @Test func `forms of data are allowed once every node reads them, and are required then`() async throws {
            try await PostgresScene.run { scene in
                let schema = PostgresSchema.current
                let (present, next) = (DataFormats.number, DataFormats.number + 1)
                let earlier = try await LeaseNode.join("a", in: scene)
                let later = try await scene.journal {
                    $0.formats = next
                    $0.release = "2.0"
                }
                _ = try await later.takeUp(node: NodeName("b"))
                #expect(try await earlier.journal.nodes().map(\.formats) == [present, next])
                #expect(try await earlier.journal.nodes().map(\.release) == [nil, "2.0"])
                let needed = try await failure {
                    try await schema.allow(formats: next, scene.connectionString, on: scene.loop)
                }
                #expect(needed?.kind == .neededByEarlier && needed?.description.hasSuffix("stop a") == true)
                #expect(try await later.renew().formats == present)
                try await earlier.journal.layDown()
                #expect(try await schema.allow(formats: next, scene.connectionString, on: scene.loop) == next)
                #expect(try await schema.allow(formats: present, scene.connectionString, on: scene.loop) == next)
                #expect(try await later.renew().formats == next)
                guard case .refused = await earlier.error({ _ = try await $0.takeUp(node: earlier.name) }) else {
                    Issue.record("it joined")
                    return
                }
                #expect(try await failure { try await scene.journal() }?.kind == .newerFormat)
            }
        }

        @Test func `I2: an earlier node whose lease ended unnoticed does not renew it any more`() async throws {
            try await PostgresScene.run { scene in
                let earlier = try await LeaseNode.join("a", in: scene, lease: .milliseconds(1))
                try await scene.waitForEnd(ofLeaseOf: "a")
                let schema = PostgresSchema.current
                let next = DataFormats.number + 1
                #expect(try await schema.allow(formats: next, scene.connectionString, on: scene.loop) == next)
                #expect(await earlier.isFenced())
                let later = try await scene.journal { $0.formats = next }
                _ = try await later.takeUp(node: NodeName("b"))
                // Its shards were its own until somebody ended its life.
                var owned = 0
                while owned < 256 { owned += try await later.renew().gained.count }
            }
        }

        @Test func `a migration that gets no lock lets others pass and begins anew`() async throws {
            try await PostgresScene.run { scene in
                let later = PostgresSchema.current.adding(
                    .init(["alter table sessions add column extra int8"], admitsEarlier: true))
                let (locked, lock) = AsyncStream<Void>.makeStream()
                try await withThrowingTaskGroup(of: Int64.self) { group in
                    group.addTask {
                        for await _ in locked { break }
                        return try await later.migrate(scene.connectionString, on: scene.loop).to
                    }
                    _ = try await scene.pool.transaction { transaction throws(PostgresError) in
                        let statement = PostgresStatement("lock table sessions in row share mode")
                        _ = try await transaction.run(PostgresSegment(statement))
                        lock.yield()
                        // Its transactions that wait for the lock, by their beginning.
                        var attempts: Set<Int64> = []
                        while attempts.count < 2 {
                            let found = try await scene.pool.run(Self.waiting).rows.first?.integer(0)
                            if let found { attempts.insert(found) }
                        }
                        return attempts
                    }
                    #expect(try await group.next() == later.version)
                }
            }
        }

        private static let waiting = PostgresStatement(
            """
            select (extract(epoch from xact_start) * 1000000)::int8 from pg_stat_activity
            where datname = current_database() and application_name = 'holdpoint:migrate' and wait_event_type = 'Lock'
            """)

        @Test func `a database that says nothing of releases yet is brought up to date`() async throws {
            try await PostgresScene.run(isMigrated: false) { scene in
                let third = PostgresSchema(steps: Array(PostgresSchema.current.steps.prefix(3)))
                _ = try await third.migrate(scene.connectionString, on: scene.loop)
                try await scene.execute(
                    "alter table schema_version drop column oldest, drop column formats",
                    "alter table nodes drop column release, drop column tables, drop column formats",
                    "update schema_version set version = 2")
                #expect(try await failure { try await scene.journal() }?.kind == .notAccessible)
                let migration = try await PostgresSchema.current.migrate(scene.connectionString, on: scene.loop)
                #expect(migration.from == 2 && migration.to == PostgresSchema.current.version)
                _ = try await scene.journal().takeUp(node: NodeName("a"))
                #expect(try await scene.number("select formats from schema_version") == 1)
            }
        }
    }
}
