import HoldpointCore
import HoldpointPorts
import HoldpointTesting
import PostgresClient
import PostgresJournal
import Testing

extension PostgresJournalTests {
    struct ReadingTests {
        private func failure<Output>(_ body: () async throws(JournalError) -> Output) async -> JournalError? {
            do throws(JournalError) {
                _ = try await body()
                return nil
            } catch {
                return error
            }
        }

        /// Whoever reads the commit that ends with that event as the api waits until `release` is run.
        private func block(_ scene: WritingScene, at sequence: Int64) async throws {
            try await scene.base.execute(
                """
                create function passes(sequence int8) returns bool language plpgsql as $$
                begin
                    if sequence = \(sequence) then perform pg_advisory_xact_lock_shared(7); end if;
                    return true;
                end
                $$
                """,
                "create policy slow on log as restrictive for select to holdpoint_api using (passes(last))")
        }

        /// Runs `body` while the row is kept from its readers.
        private func whileBlocked(_ scene: WritingScene, _ body: () async throws -> Void) async throws {
            var result: Result<Void, any Error> = .success(())
            try await scene.base.pool.transaction { transaction throws(PostgresError) in
                _ = try await transaction.run(PostgresStatement("select pg_advisory_xact_lock(7)"))
                do { try await body() } catch { result = .failure(error) }
            }
            try result.get()
        }

        private func write(_ scene: WritingScene, _ identity: SessionIdentity, _ count: Int64) async throws {
            for number in 1...count {
                let event = WritingScene.event(number, bytes: 1_000)
                _ = try await scene.journal.commit(scene.commit(identity, head: number - 1, events: [event]))
            }
        }

        @Test func `so many short reads are under way on a connection, and the others wait`() async throws {
            try await WritingScene.run({
                $0.readers = 1
                $0.readDepth = 3
            }) { scene in
                let identity = try scene.identity(1)
                try await write(scene, identity, 1)
                try await block(scene, at: 1)
                let journal = scene.journal
                var reads: [Task<[RecordedEvent], any Error>] = []
                try await whileBlocked(scene) {
                    reads = (0..<5).map { _ in
                        Task { try await journal.events(of: identity.key, in: identity.scope, after: 0, limit: 9) }
                    }
                    func pool() async -> PostgresJournalStatus.Pool? {
                        await journal.status().pools.first { $0.name == "read" }
                    }
                    while await pool()?.waiting != 2 { await Task.yield() }
                    #expect(await pool()?.underWay == 3)
                }
                for read in reads { #expect(try await read.value.map(\.sequence) == [1]) }
            }
        }

        @Test(arguments: ["pg_terminate_backend", "pg_cancel_backend"])
        func `a read that is cut in the middle of its pages is refused as unavailable`(cut: String) async throws {
            try await WritingScene.run { scene in
                let identity = try scene.identity(1)
                try await write(scene, identity, 900)
                try await block(scene, at: 700)
                let journal = scene.journal
                try await whileBlocked(scene) {
                    // The first 256 commits come at once, the others a page at a time.
                    async let error = failure { () async throws(JournalError) in
                        try await journal.load(identity.key, in: identity.scope, usingSnapshot: false)
                    }
                    try await scene.waitUntilParked()
                    try await scene.base.execute(
                        """
                        select \(cut)(pid) from pg_stat_activity where application_name like 'holdpoint:%:read'
                          and wait_event_type = 'Lock' and datname = current_database()
                        """)
                    guard case .unavailable = await error else {
                        Issue.record("\(String(describing: await error))")
                        return
                    }
                }
                let whole = try await journal.load(identity.key, in: identity.scope, usingSnapshot: false)
                #expect(whole?.tail.map(\.sequence) == Array(1...900))
            }
        }

        @Test func `a log is loaded whole however long it is, and after a snapshot only its tail`() async throws {
            try await WritingScene.run { scene in
                let identity = try scene.identity(1)
                try await write(scene, identity, 700)
                let journal = scene.journal
                let whole = try await journal.load(identity.key, in: identity.scope, usingSnapshot: true)
                #expect(whole?.tail.map(\.sequence) == Array(1...700))
                let chain = SimulatedHasher().sha256([1])
                let snapshot = Snapshot(codec: 1, sequence: 400, chain: chain, digest: chain, state: [1])
                _ = try await journal.commit(
                    SessionCommit(
                        identity: identity, fence: scene.fences[8], expectedHead: 700,
                        events: [WritingScene.event(701, bytes: 2 << 20)], summary: WritingScene.summary(),
                        snapshot: snapshot))
                let short = try await journal.load(identity.key, in: identity.scope, usingSnapshot: true)
                #expect(short?.snapshot == snapshot)
                #expect(short?.tail.map(\.sequence) == Array(401...701))
            }
        }

        @Test func `a session that is loaded while it is written has no gap behind its snapshot`() async throws {
            try await WritingScene.run { scene in
                let identity = try scene.identity(1)
                let journal = scene.journal
                _ = try await journal.commit(scene.commit(identity))
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        for head: Int64 in 1..<200 {
                            let chain = SimulatedHasher().sha256([1])
                            let snapshot = Snapshot(codec: 1, sequence: head, chain: chain, digest: chain, state: [1])
                            _ = try await journal.commit(
                                SessionCommit(
                                    identity: identity, fence: scene.fences[8], expectedHead: head,
                                    events: [WritingScene.event(head + 1)], summary: WritingScene.summary(),
                                    snapshot: snapshot))
                        }
                    }
                    group.addTask {
                        var last: Int64 = 0
                        while last < 200 {
                            let stored = try #require(
                                try await journal.load(identity.key, in: identity.scope, usingSnapshot: true))
                            let base = stored.snapshot?.sequence ?? 0
                            #expect(stored.tail.map(\.sequence) == (0..<stored.tail.count).map { base + 1 + Int64($0) })
                            #expect(base + Int64(stored.tail.count) >= last)
                            last = base + Int64(stored.tail.count)
                        }
                    }
                    try await group.waitForAll()
                }
            }
        }

        @Test(arguments: [100, 700])
        func `a session that is deleted while it is loaded is not there, rather than shorter`(
            sequence: Int64
        ) async throws {
            try await WritingScene.run { scene in
                let identity = try scene.identity(1)
                try await write(scene, identity, 900)
                try await block(scene, at: sequence)
                let journal = scene.journal
                var loading: Task<StoredSession?, any Error>?
                try await whileBlocked(scene) {
                    loading = Task { try await journal.load(identity.key, in: identity.scope, usingSnapshot: false) }
                    try await scene.waitUntilParked()
                    try await scene.base.execute("delete from log", "delete from sessions")
                }
                #expect(try await loading?.value == nil)
            }
        }

        @Test func `a list of requests goes on after one that is deleted`() async throws {
            try await WritingScene.run { scene in
                let identity = try scene.identity(1)
                let ids = (1...4).map {
                    RequestID(time: WritingScene.time(Int64($0)), random: Identifier128(high: 1, low: 1))
                }
                let changes = ids.map {
                    RequestChange(id: $0, type: .decision, status: .pending, openedAt: 1, closedAt: nil)
                }
                _ = try await scene.journal.commit(
                    SessionCommit(
                        identity: identity, fence: scene.fences[8], expectedHead: 0, events: [WritingScene.event(1)],
                        summary: WritingScene.summary(), requests: changes))
                let query = RequestQuery(before: ids[2], limit: 9)
                let before = try await scene.journal.requests(query, in: scene.scope)
                #expect(before.map(\.id) == [ids[1], ids[0]])
                try await scene.base.execute("delete from requests where n = 3")
                #expect(try await scene.journal.requests(query, in: scene.scope) == before)
                #expect(try await scene.journal.requests(RequestQuery(limit: 9), in: scene.scope).count == 3)
            }
        }

        @Test func `heads are asked for in any number, and found at both ends of the question`() async throws {
            try await WritingScene.run { scene in
                let known = try [scene.identity(1), scene.identity(2)]
                for identity in known { _ = try await scene.journal.commit(scene.commit(identity)) }
                var asked = [known[0].reference]
                asked += try (3..<20_000).map { try scene.identity($0).reference }
                asked.append(known[1].reference)
                let heads = try await scene.journal.heads(of: asked)
                #expect(heads == [known[0].key: 1, known[1].key: 1])
            }
        }

        @Test func `projects beyond those that are remembered are found as well`() async throws {
            try await WritingScene.run({ $0.rememberedProjects = 2 }) { scene in
                let scopes = try (1...5).map {
                    Scope(tenant: scene.scope.tenant, project: try ProjectName("project-\($0)"))
                }
                for scope in scopes { #expect(try await scene.journal.createProject(scope) == true) }
                for scope in scopes + scopes { #expect(try await scene.journal.hasProject(scope)) }
                let references = scopes.map { SessionReference(scope: $0, key: SessionKey(.init(high: 1, low: 1))) }
                #expect(try await scene.journal.heads(of: references) == [:])
            }
        }
    }
}
