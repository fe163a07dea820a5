import EventLoop
import Glibc
import PostgresClient
import Testing

extension PostgresTests {
    struct ReadTests {
        /// How many bytes of the process are in memory.
        private func residentBytes() throws -> Int {
            let file = try #require(fopen("/proc/self/statm", "r"))
            defer { fclose(file) }
            var line = [CChar](repeating: 0, count: 128)
            _ = fgets(&line, 128, file)
            let words = String(decoding: line.prefix { $0 != 0 }.map { UInt8($0) }, as: UTF8.self).split(separator: " ")
            return try #require(words.count > 1 ? Int(words[1]) : nil) * sysconf(Int32(_SC_PAGESIZE))
        }

        @Test func `100,000 rows of a kilobyte are read in order and in bounded memory`() async throws {
            try await withPool(.read) { pool in
                let segment = PostgresSegment(
                    PostgresStatement("select n, repeat('x', 1000) from generate_series(1::int8, $1) n"),
                    [.int8(100_000)])
                var next: Int64 = 1
                var largestPage = 0
                let before = try residentBytes()
                var peak = before
                try await pool.read(segment) { rows throws(PostgresError) in
                    for row in rows {
                        guard try row.integer(0) == next, try row.text(1).utf8.count == 1_000 else { return false }
                        next += 1
                    }
                    largestPage = max(largestPage, rows.count)
                    if next % 10_000 < 256 { peak = max(peak, (try? residentBytes()) ?? .max) }
                    return true
                }
                #expect(next == 100_001)
                #expect(largestPage <= 256)
                // AddressSanitizer keeps what is freed from being used again, so that memory grows with what passes by.
                let keepsFreedMemory = dlsym(nil, "__asan_init") != nil
                #expect(peak - before < 24 << 20 || keepsFreedMemory, "grew by \((peak - before) >> 10) KiB")
            }
        }

        @Test func `a reader that is slow holds the server back`() async throws {
            try await withPool(.read) { pool in
                try await withPool(.read) { other in
                    let segment = PostgresSegment(
                        PostgresStatement("select repeat('x', 1000) from generate_series(1, 200000)"))
                    let blocked =
                        "select count(*) from pg_stat_activity where wait_event = 'ClientWrite' and state = 'active'"
                    var pages = 0
                    try await pool.read(segment) { rows throws(PostgresError) in
                        pages += 1
                        guard pages == 1 else { return false }
                        do {
                            try await wait(other, until: blocked)
                        } catch {
                            Issue.record(error)
                        }
                        return true
                    }
                    #expect(pages == 2)
                    #expect(try await number(other, blocked) == 0)
                }
            }
        }

        @Test func `a read of many rows has its turn among short ones that never end`() async throws {
            try await withPool(
                .read,
                {
                    $0.limits.connections = 1
                    $0.limits.pipelineDepth = 8
                    $0.limits.waitLimit = .seconds(5)
                }
            ) { pool in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<32 {
                        group.addTask {
                            // Each takes its time, so that they are not answered all at once.
                            let short = PostgresStatement("select pg_sleep(0.005)")
                            while !Task.isCancelled { _ = try await pool.run(short) }
                        }
                    }
                    while await pool.statusNow().waiting < 16 { await Task.yield() }
                    var rows = 0
                    let many = PostgresSegment(PostgresStatement("select generate_series(1, 2000)"))
                    try await pool.read(many) { page throws(PostgresError) in
                        rows += page.count
                        return true
                    }
                    #expect(rows == 2_000)
                    group.cancelAll()
                    while let ended = await group.nextResult() {
                        if case .failure(let error) = ended { #expect(error as? PostgresError == .cancelled) }
                    }
                }
            }
        }

        @Test func `the statements before the last one of a read set the scene`() async throws {
            try await withPool(.read) { pool in
                var segment = PostgresSegment(
                    PostgresStatement("select set_config($1, $2, true)"), [.text("app.tenant"), .text("7")])
                segment.add(PostgresStatement("select current_setting('app.tenant') from generate_series(1, 1000)"))
                var rows = 0
                try await pool.read(segment) { page throws(PostgresError) in
                    for row in page where try row.text(0) == "7" { rows += 1 }
                    return true
                }
                #expect(rows == 1_000)
            }
        }

        @Test func `a read that ends early or fails leaves its connection usable`() async throws {
            try await withPool(.read, { $0.limits.connections = 1 }) { pool in
                let endless = PostgresSegment(
                    PostgresStatement("select generate_series(1::int8, 1000000000000)"))
                for _ in 0..<3 {
                    try await pool.read(endless) { _ throws(PostgresError) in false }
                    #expect(try await number(pool, "select 1::int8") == 1)
                    let thrown = await failure { () throws(PostgresError) in
                        try await pool.read(endless) { rows throws(PostgresError) in try rows[0].text(0).isEmpty }
                    }
                    #expect(thrown == .unexpectedValue(column: 0, .type(20)))
                    #expect(try await number(pool, "select 2::int8") == 2)
                }
                let broken = PostgresSegment(
                    PostgresStatement("select 1 / (1000 - n) from generate_series(1::int8, 2000) n"))
                var seen = 0
                let error = await failure { () throws(PostgresError) in
                    try await pool.read(broken) { rows throws(PostgresError) in
                        seen += rows.count
                        return true
                    }
                }
                guard case .refused(let refusal) = error else { throw try #require(error) }
                #expect(refusal.state.code == "22012" && seen == 999)
            }
        }

        @Test func `a cancelled task ends its statement at the server and nothing else`() async throws {
            try await withPool(.write) { pool in
                try await withPool(.read) { other in
                    for _ in 0..<3 {
                        let task = Task {
                            await failure { () throws(PostgresError) in
                                try await pool.run(PostgresStatement("select pg_sleep(60)"), on: 0)
                            }
                        }
                        try await wait(other, until: "select count(*) \(PostgresTests.sleeping)")
                        task.cancel()
                        #expect(await task.value == .cancelled)
                        #expect(try await number(other, "select count(*) \(PostgresTests.sleeping)") == 0)
                        #expect(try await number(pool, PostgresStatement("select 3::int8"), on: 0) == 3)
                    }
                    #expect(await pool.statusNow().lastFailure == nil)
                }
            }
        }

        @Test func `a cancellation that comes too late does not hit the next statement`() async throws {
            try await withPool(.lease, { $0.limits.pipelineDepth = 1 }) { pool in
                try await pool.ready()
                let short = PostgresStatement("select pg_sleep(0.0005)")
                let next = PostgresStatement("select n from generate_series(1::int8, 500) n order by n desc limit 1")
                var cancelled = 0
                for round in 0..<300 {
                    let task = Task { await failure { () throws(PostgresError) in try await pool.run(short) } }
                    for _ in 0..<round % 40 { _ = await pool.statusNow() }
                    task.cancel()
                    async let following = number(pool, next)
                    let error = await task.value
                    #expect(error == nil || error == .cancelled)
                    if error != nil { cancelled += 1 }
                    #expect(try await following == 500)
                }
                #expect(cancelled > 0)
            }
        }

        @Test func `a cancelled task takes back what still waits`() async throws {
            try await withPool(.lease, { $0.limits.pipelineDepth = 1 }) { pool in
                try await withPool(.read) { other in
                    async let first = failure { () throws(PostgresError) in
                        try await pool.run(PostgresStatement("select pg_sleep(60)"))
                    }
                    try await wait(other, until: "select count(*) \(PostgresTests.sleeping)")
                    let second = Task {
                        await failure { () throws(PostgresError) in
                            try await pool.run(PostgresStatement("create table cancel_test ()"))
                        }
                    }
                    while await pool.statusNow().waiting == 0 { await Task.yield() }
                    second.cancel()
                    #expect(await second.value == .cancelled)
                    try await execute(other, "select pg_cancel_backend(pid) \(PostgresTests.sleeping)")
                    guard case .refused(let refusal) = await first else { throw PostgresError.closed }
                    #expect(refusal.state.isCancellation)
                    let table = "select count(*) from pg_class where relname = 'cancel_test'"
                    #expect(try await number(other, table) == 0)
                }
            }
        }

        @Test func `a statement is ended by its limit of time`() async throws {
            try await withPool(.read, { $0.limits.statementLimit = .milliseconds(200) }) { pool in
                let error = await failure { () throws(PostgresError) in
                    try await pool.run(PostgresStatement("select pg_sleep(60)"))
                }
                guard case .refused(let refusal) = error else { throw try #require(error) }
                #expect(refusal.state.isCancellation && refusal.message?.contains("timeout") == true)
                #expect(try await number(pool, "select 1::int8") == 1)
            }
        }
    }
}
