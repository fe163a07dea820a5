import EventLoop
import Glibc
import PostgresClient
import Testing

extension PostgresTests {
    struct CutTests {
        private static let mark = PostgresStatement("insert into cut_test values ($1)")

        /// Returns how many there are then.
        private static func insert(_ id: Int64, into set: Locked<Set<Int64>>) -> Int {
            set.withLock { set in
                set.insert(id)
                return set.count
            }
        }

        private func makeTable(_ pool: PostgresPool) async throws {
            try await execute(pool, "drop table if exists cut_test", "create table cut_test (id int8 primary key)")
        }

        @Test func `a server that is killed leaves in doubt what was sent, and nothing that was answered is lost`()
            async throws
        {
            let server = try PostgresServer.shared.get()
            try await withPool(.write, { $0.limits.waitLimit = .seconds(30) }) { pool in
                try await makeTable(pool)
                let answered = Locked<Set<Int64>>([])
                let inDoubt = Locked<Set<Int64>>([])
                let half = Latch()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for writer in 0..<32 {
                        group.addTask {
                            for round in 0..<100 {
                                let id = Int64(writer * 1_000 + round)
                                do throws(PostgresError) {
                                    _ = try await pool.run(Self.mark, [.int8(id)])
                                    if Self.insert(id, into: answered) == 500 { half.open() }
                                } catch {
                                    // Nothing else may come: it was sent, or it waited until the server was back.
                                    guard error == .inDoubt else { throw error }
                                    _ = Self.insert(id, into: inDoubt)
                                }
                            }
                        }
                    }
                    await half.wait()
                    try server.stop()
                    try server.start()
                    try await group.waitForAll()
                }
                let rows = try await pool.run(PostgresStatement("select id from cut_test")).rows
                let stored = Set(try rows.map { row in try row.integer(0) })
                let (good, doubtful) = (answered.withLock { $0 }, inDoubt.withLock { $0 })
                #expect(good.isSubset(of: stored), "answered and lost")
                #expect(stored.subtracting(good).isSubset(of: doubtful), "stored, but neither answered nor in doubt")
                #expect(good.count + doubtful.count == 3_200)
                #expect(!doubtful.isEmpty && doubtful.count <= 2)
            }
        }

        @Test func `while the server is away work is refused as unavailable, and not in doubt`() async throws {
            let server = try PostgresServer.shared.get()
            try await withPool(.write, { $0.limits.waitLimit = .milliseconds(300) }) { pool in
                try await pool.ready()
                try server.stop()
                // Until the cut is noticed, what is sent is in doubt.
                while await pool.statusNow().connected > 0 { await Task.yield() }
                let error = await failure { () throws(PostgresError) in
                    try await pool.run(PostgresStatement("select 1"))
                }
                try server.start()
                guard case .unavailable = error else { throw try #require(error) }
                #expect(error?.isRetryable == true)
                while await pool.statusNow().connected < 2 { await Task.yield() }
                #expect(try await number(pool, "select 1::int8") == 1)
            }
        }

        @Test func `a new connection prepares its statements again`() async throws {
            try await withPool(.lease) { pool in
                try await withPool(.read) { other in
                    try await makeTable(other)
                    let process = "select pg_backend_pid()::int8"
                    let statement = PostgresStatement(process)
                    for round in 0..<5 {
                        _ = try await pool.run(Self.mark, [.int8(Int64(round))])
                        let old = try await pool.run(statement).rows[0].integer(0)
                        try await execute(other, "select pg_terminate_backend(\(old))")
                        while await pool.statusNow().lastFailure == nil, await pool.statusNow().connected == 1 {
                            await Task.yield()
                        }
                        #expect(try await number(pool, statement) != old)
                    }
                    #expect(try await number(other, "select count(*) from cut_test") == 5)
                }
            }
        }

        @Test func `a statement whose connection is ended is in doubt, and what waits behind it is not`() async throws {
            try await withPool(.write) { pool in
                try await withPool(.read) { other in
                    let slow = PostgresStatement("select pg_sleep(60)")
                    async let cut = failure { () throws(PostgresError) in try await pool.run(slow, on: 0) }
                    try await wait(other, until: "select count(*) \(PostgresTests.sleeping)")
                    async let behind = pool.run(PostgresStatement("select 5::int8"), on: 0)
                    while await pool.statusNow().waiting == 0 { await Task.yield() }
                    try await execute(other, "select pg_terminate_backend(pid) \(PostgresTests.sleeping)")
                    #expect(await cut == .inDoubt)
                    #expect(try await behind.rows[0].integer(0) == 5)
                }
            }
        }

        @Test func `a connection that its own statement ends is in doubt, and one that goes on is not`() async throws {
            try await withPool(.write) { pool in
                try await pool.ready()
                let wrong = await failure { () throws(PostgresError) in
                    try await pool.run(PostgresStatement("select 1 / 0"), on: 0)
                }
                #expect(wrong?.isPoison == true)
                let own = await failure { () throws(PostgresError) in
                    try await pool.run(PostgresStatement("select pg_terminate_backend(pg_backend_pid())"), on: 0)
                }
                #expect(own == .inDoubt)
                #expect(try await number(pool, "select 1::int8") == 1)
            }
        }

        @Test func `a server that falls silent is given up, and what it had got is in doubt`() async throws {
            try await withPool(
                .lease,
                {
                    $0.limits.statementLimit = .milliseconds(200)
                    $0.limits.silenceGrace = .milliseconds(200)
                    $0.limits.waitLimit = .seconds(5)
                }
            ) { pool in
                let process = PostgresStatement("select pg_backend_pid()::int8")
                let silent = pid_t(try await number(pool, process))
                try #require(kill(silent, SIGSTOP) == 0)
                defer { kill(silent, SIGCONT) }
                let error = await failure { () throws(PostgresError) in try await pool.run(process) }
                #expect(error == .inDoubt)
                #expect(try await number(pool, process) != Int64(silent))
            }
        }
    }
}

/// Opens once; whoever waits goes on then.
final class Latch: Sendable {
    private let state = Locked((isOpen: false, waiters: [CheckedContinuation<Void, Never>]()))

    func open() {
        let waiters = state.withLock { state in
            state.isOpen = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    func wait() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                if !state.isOpen { state.waiters.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }
}
