import EventLoop
import PostgresClient
import Testing

extension PostgresTests {
    struct PoolTests {
        private func oneConnection(_ configuration: inout PostgresConfiguration) {
            configuration.limits.connections = 1
            configuration.limits.pipelineDepth = 1
        }

        /// Holds the only connection until the body has ended.
        private func whileBusy(
            _ pool: PostgresPool, _ other: PostgresPool, _ body: () async throws -> Void
        ) async throws {
            let busy = Task { try? await pool.run(PostgresStatement("select pg_sleep(60)")) }
            try await wait(other, until: "select count(*) \(PostgresTests.sleeping)")
            try await body()
            try await execute(other, "select pg_cancel_backend(pid) \(PostgresTests.sleeping)")
            _ = await busy.value
        }

        private func refusal(_ pool: PostgresPool, _ segment: PostgresSegment) async -> PostgresError? {
            await failure { () throws(PostgresError) in try await pool.run(segment) }
        }

        @Test func `the queue is bounded in count and in bytes, and what is refused was not sent`() async throws {
            let one = PostgresSegment(PostgresStatement("select 1"))
            let bytes = PostgresValue.bytes(Array(repeating: 1, count: 2_000))
            let large = PostgresSegment(PostgresStatement("select $1::bytea"), [bytes])
            try await withPool(.read) { other in
                try await withPool(
                    .write,
                    {
                        oneConnection(&$0)
                        $0.limits.maximumWaiting = 3
                        $0.limits.maximumWaitingBytes = 1_000
                    }
                ) { pool in
                    try await whileBusy(pool, other) {
                        #expect(await refusal(pool, large) == .overloaded(.maximumWaitingBytes))
                        let waiting = (0..<3).map { _ in Task { await refusal(pool, one) } }
                        while await pool.statusNow().waiting < 3 { await Task.yield() }
                        #expect(await pool.statusNow().waitingBytes == 3 * one.byteCount)
                        let error = await refusal(pool, one)
                        #expect(error == .overloaded(.maximumWaiting))
                        #expect(error?.isRetryable == true && error?.isInDoubt == false)
                        try await execute(
                            other, "select pg_cancel_backend(pid) \(PostgresTests.sleeping)")
                        for task in waiting { #expect(await task.value == nil) }
                    }
                    #expect(await refusal(pool, large) == nil)
                    #expect(await pool.statusNow().waitingBytes == 0)
                }
            }
        }

        @Test func `who has waited too long is told so`() async throws {
            try await withPool(.read) { other in
                try await withPool(
                    .write,
                    {
                        oneConnection(&$0)
                        $0.limits.waitLimit = .milliseconds(150)
                    }
                ) { pool in
                    try await whileBusy(pool, other) {
                        let error = await refusal(pool, PostgresSegment(PostgresStatement("select 1")))
                        #expect(error == .unavailable(nil))
                    }
                }
            }
        }

        @Test func `segments and answers beyond their limits are refused`() async throws {
            try await withPool(
                .read,
                {
                    $0.limits.connections = 1
                    $0.limits.maximumSegmentBytes = 10_000
                    $0.limits.maximumStatements = 2
                    $0.limits.maximumRowBytes = 1_000
                    $0.limits.maximumResultBytes = 5_000
                    $0.limits.maximumResultRows = 100
                }
            ) { pool in
                try await pool.ready()
                var many = PostgresSegment()
                for _ in 0..<3 { many.add(PostgresStatement("select 1")) }
                #expect(await refusal(pool, many) == .segmentTooLarge(.maximumStatements))
                let wide = PostgresSegment(
                    PostgresStatement("select 1"), Array(repeating: .null(.int2), count: 65_536))
                #expect(await refusal(pool, wide) == .segmentTooLarge(.maximumParameters))
                let bytes = PostgresValue.bytes(Array(repeating: 0, count: 10_000))
                let large = PostgresSegment(PostgresStatement("select length($1)"), [bytes])
                #expect(await refusal(pool, large) == .segmentTooLarge(.maximumSegmentBytes))
                for (text, bound) in [
                    ("select repeat('x', 1001)", PostgresBound.maximumRowBytes),
                    ("select repeat('x', 900) from generate_series(1, 6)", .maximumResultBytes),
                    ("select generate_series(1, 100000000)", .maximumResultRows),
                ] {
                    let error = await refusal(pool, PostgresSegment(PostgresStatement(text)))
                    #expect(error == .resultTooLarge(bound))
                    #expect(error?.isInDoubt == true)
                    #expect(try await number(pool, "select 1::int8") == 1)
                }
                #expect(await refusal(pool, PostgresSegment(PostgresStatement("select repeat('x', 1000)"))) == nil)
            }
        }

        @Test func `a numbered connection keeps its segments to itself`() async throws {
            try await withPool(.write) { pool in
                let process = PostgresStatement("select pg_backend_pid()")
                var processes: [Set<Int64>] = [[], []]
                for round in 0..<10 {
                    let slot = round % 2
                    processes[slot].insert(try await pool.run(process, on: slot).rows[0].integer(0))
                }
                #expect(processes[0].count == 1 && processes[1].count == 1 && processes[0] != processes[1])
            }
        }

        @Test func `closing lets what was sent be answered`() async throws {
            try await withPool(.write) { pool in
                try await pool.ready()
                async let result = pool.run(PostgresStatement("select pg_sleep(0.2), 4::int8"))
                while await pool.statusNow().underWay == 0 { await Task.yield() }
                await pool.close()
                #expect(try await result.rows[0].integer(1) == 4)
                #expect(await pool.statusNow().connected == 0)
            }
        }

        @Test func `a loop that ends takes the pool with it`() async throws {
            let server = try PostgresServer.shared.get()
            let loop = try EventLoop.start(name: "postgres-test")
            let configuration = PostgresConfiguration(purpose: .write, connectionString: server.connectionString)
            let pool = try PostgresPool.open(configuration, on: loop)
            try await pool.ready()
            let underWay = Task { await refusal(pool, PostgresSegment(PostgresStatement("select pg_sleep(60)"))) }
            while await pool.statusNow().underWay == 0 { await Task.yield() }
            try loop.stop()
            #expect(await underWay.value == .inDoubt)
        }

        @Test func `a transaction decides by what it has read, and is stored whole or not at all`() async throws {
            try await withPool(.read) { pool in
                try await execute(
                    pool, "drop table if exists account_test", "create table account_test (id int8, amount int8)",
                    "insert into account_test values (1, 10)")
                let read = PostgresStatement("select amount from account_test where id = 1 for update")
                let write = PostgresStatement("update account_test set amount = $1 where id = 1")
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<20 {
                        group.addTask {
                            try await pool.transaction { transaction throws(PostgresError) in
                                let amount = try await transaction.run(read).rows[0].integer(0)
                                _ = try await transaction.run(write, [.int8(amount + 1)])
                            }
                        }
                    }
                    try await group.waitForAll()
                }
                #expect(try await number(pool, "select amount from account_test") == 30)
                let thrown = await failure { () throws(PostgresError) in
                    try await pool.transaction { transaction throws(PostgresError) in
                        _ = try await transaction.run(write, [.int8(0)])
                        throw .cancelled
                    }
                }
                #expect(thrown == .cancelled)
                let swallowed = await failure { () throws(PostgresError) in
                    try await pool.transaction { transaction throws(PostgresError) in
                        _ = try await transaction.run(write, [.int8(0)])
                        _ = try? await transaction.run(PostgresStatement("select 1 / 0"))
                    }
                }
                #expect(swallowed == .rolledBack)
                #expect(try await number(pool, "select amount from account_test") == 30)
                #expect(await pool.statusNow().lastFailure == nil)
            }
        }

        @Test func `a task that is cancelled within a transaction rolls it back`() async throws {
            try await withPool(.read, { $0.limits.connections = 1 }) { pool in
                try await withPool(.write) { other in
                    try await execute(pool, "drop table if exists undo_test", "create table undo_test (id int8)")
                    let task = Task {
                        await failure { () throws(PostgresError) in
                            try await pool.transaction { transaction throws(PostgresError) in
                                _ = try await transaction.run(PostgresStatement("insert into undo_test values (1)"))
                                _ = try await transaction.run(PostgresStatement("select pg_sleep(60)"))
                            }
                        }
                    }
                    try await wait(other, until: "select count(*) \(PostgresTests.sleeping)")
                    task.cancel()
                    #expect(await task.value == .cancelled)
                    #expect(try await number(pool, "select count(*) from undo_test") == 0)
                    #expect(await pool.statusNow().lastFailure == nil)
                }
            }
        }

        @Test func `a transaction that is left idle is cut, and nothing of it is stored`() async throws {
            try await withPool(.read, { $0.limits.idleTransactionLimit = .milliseconds(100) }) { pool in
                try await execute(pool, "drop table if exists idle_test", "create table idle_test (id int8)")
                let error = await failure { () throws(PostgresError) in
                    try await pool.transaction { transaction throws(PostgresError) in
                        _ = try await transaction.run(PostgresStatement("insert into idle_test values (1)"))
                        while await pool.statusNow().lastFailure == nil { await Task.yield() }
                        _ = try await transaction.run(PostgresStatement("insert into idle_test values (2)"))
                    }
                }
                #expect(error == .connectionLost && error?.isRetryable == true)
                #expect(try await number(pool, "select count(*) from idle_test") == 0)
            }
        }
    }
}
