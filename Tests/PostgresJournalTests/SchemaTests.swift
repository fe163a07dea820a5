import EventLoop
import HoldpointPorts
import HoldpointTesting
import PostgresClient
import PostgresJournal
import Testing

extension PostgresJournalTests {
    struct SchemaTests {
        private func failure<Output>(
            _ body: () async throws(JournalUnusable) -> Output
        ) async -> JournalUnusable? {
            do {
                _ = try await body()
                return nil
            } catch {
                return error
            }
        }

        private func open(_ scene: PostgresScene) async -> JournalUnusable? {
            await failure { () throws(JournalUnusable) in
                let configuration = PostgresJournalConfiguration(connectionString: scene.connectionString)
                await (try PostgresJournal.open(configuration, on: scene.loop, clock: ManualClock())).close()
            }
        }

        @Test func `a database is brought up to date once, and a second migration finds it done`() async throws {
            try await PostgresScene.run(isMigrated: false) { scene in
                let error = await open(scene)
                #expect(error?.kind == .notAccessible)
                #expect(error?.description.contains("run 'holdpoint migrate'") == true)
                let first = try await PostgresSchema.current.migrate(scene.connectionString, on: scene.loop)
                #expect(first.from == 0 && first.to == PostgresSchema.current.version)
                let second = try await PostgresSchema.current.migrate(scene.connectionString, on: scene.loop)
                #expect(second.from == second.to && second.to == PostgresSchema.current.version)
                #expect(try await scene.number("select count(*) from schema_version") == 1)
                #expect(try await scene.number("select count(*) from shards where owner is null") == 256)
                #expect(await open(scene) == nil)
            }
        }

        @Test func `migrations at once do the work once`() async throws {
            try await PostgresScene.run(isMigrated: false) { scene in
                let found = try await withThrowingTaskGroup(of: Int64.self) { group in
                    for _ in 0..<4 {
                        group.addTask {
                            try await PostgresSchema.current.migrate(scene.connectionString, on: scene.loop).from
                        }
                    }
                    var found: [Int64] = []
                    for try await from in group { found.append(from) }
                    return found
                }
                let current = PostgresSchema.current.version
                #expect(found.sorted() == [0, current, current, current])
                #expect(try await scene.number("select count(*) from shards") == 256)
            }
        }

        @Test func `a database of a later release is neither changed nor opened`() async throws {
            try await PostgresScene.run { scene in
                try await scene.execute("update schema_version set version = version + 1, oldest = version + 1")
                let migration = await failure { () throws(JournalUnusable) in
                    try await PostgresSchema.current.migrate(scene.connectionString, on: scene.loop)
                }
                #expect(migration?.kind == .newerFormat)
                #expect(await open(scene)?.kind == .newerFormat)
                let later = PostgresSchema.current.version + 1
                #expect(try await scene.number("select version from schema_version") == later)
            }
        }

        @Test func `an older database is not opened before it is migrated`() async throws {
            try await PostgresScene.run { scene in
                try await scene.execute("update schema_version set version = version - 1")
                let error = await open(scene)
                #expect(error?.kind == .notAccessible)
                #expect(error?.description.contains("run 'holdpoint migrate'") == true)
            }
        }

        @Test func `a login role that is not a member of the roles cannot open the store`() async throws {
            try await PostgresScene.run { scene in
                try await scene.execute("create role stranger login")
                let configuration = PostgresJournalConfiguration(
                    connectionString: scene.server.connectionString(database: scene.database, user: "stranger"))
                let error = await failure { () throws(JournalUnusable) in
                    await (try PostgresJournal.open(configuration, on: scene.loop, clock: ManualClock())).close()
                }
                #expect(error?.kind == .notAccessible)
                try await scene.execute("grant holdpoint_engine, holdpoint_api to stranger")
                let second = await failure { () throws(JournalUnusable) in
                    await (try PostgresJournal.open(configuration, on: scene.loop, clock: ManualClock())).close()
                }
                #expect(second == nil)
            }
        }

        @Test(arguments: [true, false])
        func `a login role that is no superuser is enough, even to cut a dead node off`(
            mayMakeRoles: Bool
        ) async throws {
            try await PostgresScene.run(isMigrated: false) { scene in
                let user = "plain_\(mayMakeRoles)"
                try await scene.execute(
                    "create role \(user) login \(mayMakeRoles ? "createrole" : "")",
                    "alter database \(scene.database) owner to \(user)")
                if !mayMakeRoles {
                    try await scene.makeRoles()
                    try await scene.execute("grant holdpoint_owner, holdpoint_engine, holdpoint_api to \(user)")
                }
                let text = scene.server.connectionString(database: scene.database, user: user)
                #expect(try await PostgresSchema.current.migrate(text, on: scene.loop).from == 0)
                let dead = try await scene.journal(user: user) { $0.leaseDuration = .milliseconds(1) }
                _ = try await dead.takeUp(node: NodeName("a"))
                let other = try await scene.journal(user: user) { $0.takeoverPatience = .milliseconds(50) }
                _ = try await other.takeUp(node: NodeName("b"))
                try await scene.waitForEnd(ofLeaseOf: "a")
                var configuration = PostgresConfiguration(purpose: .write, connectionString: text)
                configuration.settings = ["search_path": "holdpoint", "role": "holdpoint_engine"]
                configuration.limits.idleTransactionLimit = .seconds(60)
                let pool = try PostgresPool.open(configuration, on: scene.loop)
                let failure = try await scene.whileWriting(of: "a", on: pool) {
                    while try await other.renew().gained.isEmpty {}
                }
                await pool.close()
                #expect(failure != nil)
            }
        }

        @Test func `a connection string that cannot be read, and a server that is not there, are told`() async throws {
            try await PostgresScene.run { scene in
                for text in ["host=127.0.0.1 port=1 dbname=none", "no connection string"] {
                    let error = await failure { () throws(JournalUnusable) in
                        let configuration = PostgresJournalConfiguration(connectionString: text)
                        return try await PostgresJournal.open(configuration, on: scene.loop, clock: ManualClock())
                    }
                    #expect(error?.kind == .notAccessible)
                }
            }
        }
    }
}
