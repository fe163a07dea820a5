import PostgresClient
import Testing

extension PostgresTests {
    struct SegmentTests {
        private let insert = PostgresStatement(
            "insert into segment_test select unnest($1::int8[]), unnest($2::bytea[]) returning id")
        private let count = PostgresStatement("select count(*) from segment_test")

        /// A pool and an empty table.
        private func withTable(_ body: (PostgresPool) async throws -> Void) async throws {
            try await withPool { pool in
                try await execute(
                    pool, "drop table if exists segment_test",
                    "create table segment_test (id int8 primary key, payload bytea)",
                    "set client_min_messages = warning")
                try await body(pool)
            }
        }

        private func rows(_ numbers: Range<Int64>) -> [PostgresValue] {
            [.int8Array(Array(numbers)), .bytesArray(numbers.map { [UInt8(truncatingIfNeeded: $0)] })]
        }

        @Test func `each statement of a segment has its result, in order`() async throws {
            try await withTable { pool in
                var segment = PostgresSegment()
                segment.add(count)
                segment.add(insert, rows(0..<100))
                segment.add(count)
                segment.add(PostgresStatement("update segment_test set payload = '' where id < 10"))
                for round in 0..<2 {
                    let results = try await pool.run(segment)
                    #expect(results.count == 4)
                    #expect(try results[0].rows[0].integer(0) == 0)
                    #expect(try results[1].rows.map { row in try row.integer(0) } == Array(0..<100))
                    #expect(try results[2].rows[0].integer(0) == 100)
                    #expect(results[1].affectedRows == 100 && results[3].affectedRows == 10)
                    #expect(results[1].command == "INSERT 0 100" && results[3].rows.isEmpty)
                    if round == 0 { try await execute(pool, "truncate segment_test") }
                }
                #expect(try await pool.run(PostgresSegment()).isEmpty)
            }
        }

        @Test func `a failing statement takes back its whole segment, and the next segment works`() async throws {
            try await withTable { pool in
                var segment = PostgresSegment()
                segment.add(insert, rows(0..<10))
                segment.add(insert, rows(9..<12))
                segment.add(count)
                for _ in 0..<2 {
                    let error = await failure { () throws(PostgresError) in try await pool.run(segment, on: 0) }
                    guard case .refused(let refusal) = error else { throw try #require(error) }
                    #expect(refusal.state.code == "23505" && refusal.statement == 1)
                    #expect(refusal.constraint == "segment_test_pkey" && refusal.table == "segment_test")
                    #expect(error?.isPoison == true && error?.isRetryable == false && error?.isInDoubt == false)
                    #expect(try await number(pool, count, on: 0) == 0)
                }
                #expect(try await pool.run(insert, rows(0..<10), on: 0).affectedRows == 10)
            }
        }

        @Test func `an error that only the commit finds is told, and nothing is stored`() async throws {
            try await withTable { pool in
                try await execute(
                    pool,
                    "alter table segment_test add parent int8 references segment_test deferrable initially deferred")
                let orphan = PostgresStatement("insert into segment_test values (1, '', 2)")
                for _ in 0..<2 {
                    let error = await failure { () throws(PostgresError) in try await pool.run(orphan, on: 1) }
                    guard case .refused(let refusal) = error else { throw try #require(error) }
                    #expect(refusal.state.code == "23503")
                    #expect(try await number(pool, count, on: 1) == 0)
                }
            }
        }

        @Test func `segments on one connection run in the order in which they came`() async throws {
            try await withPool(.lease) { pool in
                try await execute(
                    pool, "drop table if exists order_test",
                    "create table order_test (n serial, id int8)", "insert into order_test (id) values (-1)")
                let append = PostgresStatement("insert into order_test (id) values ($1) returning n")
                try await withThrowingTaskGroup(of: Int64.self) { group in
                    for id in 0..<200 {
                        group.addTask { try await pool.run(append, [.int8(Int64(id))]).rows[0].integer(0) }
                    }
                    var seen: Set<Int64> = []
                    for try await number in group { seen.insert(number) }
                    #expect(seen == Set(2...201))
                }
            }
        }

        @Test func `a statement that cannot be prepared fails as itself, and the connection goes on`() async throws {
            try await withTable { pool in
                let missing = PostgresStatement("select * from no_such_table")
                for _ in 0..<2 {
                    let error = await failure { () throws(PostgresError) in try await pool.run(missing, on: 0) }
                    guard case .refused(let refusal) = error else { throw try #require(error) }
                    #expect(refusal.state.code == "42P01")
                    #expect(refusal.description.contains("no_such_table"))
                }
                try await execute(pool, "create table no_such_table (n int8)")
                #expect(try await pool.run(missing, on: 0).rows.isEmpty)
                // The plan no longer fits: the next use prepares it anew.
                try await execute(pool, "alter table no_such_table add more text")
                _ = await failure { () throws(PostgresError) in try await pool.run(missing, on: 0) }
                #expect(try await pool.run(missing, on: 0).rows.isEmpty)
                try await execute(pool, "drop table no_such_table")
            }
        }

        @Test func `a statement is prepared once for each connection, and with other types not at all`() async throws {
            try await withPool(.lease) { pool in
                try await pool.ready()
                let echo = PostgresStatement("select $1::text")
                let prepared = "select count(*) from pg_prepared_statements where statement = 'select $1::text'"
                for _ in 0..<3 { #expect(try await text(pool, echo, [.text("a")]) == "a") }
                #expect(try await number(pool, prepared) == 1)
                #expect(try await text(pool, echo, [.int8(5)]) == "5")
                #expect(try await number(pool, prepared) == 1)
            }
        }

        @Test func `beyond the limit statements are sent without being prepared`() async throws {
            try await withPool(.lease, { $0.limits.maximumPrepared = 4 }) { pool in
                try await pool.ready()
                for index in 0..<10 {
                    #expect(try await number(pool, "select \(index)::int8") == Int64(index))
                }
                #expect(try await number(pool, "select count(*) from pg_prepared_statements") <= 4)
            }
        }

        @Test func `no description shows a value that was sent or stored`() async throws {
            try await withTable { pool in
                try await execute(pool, "create table secret_test (word text unique check (word <> 'no'))")
                let store = PostgresStatement("insert into secret_test values ($1)")
                let cast = PostgresStatement("select $1::text::int8")
                let secret = "hunter2-secret"
                _ = try await pool.run(store, [.text(secret)])
                for segment in [
                    PostgresSegment(store, [.text(secret)]), PostgresSegment(store, [.text("no")]),
                    PostgresSegment(cast, [.text(secret)]),
                ] {
                    let error = await failure { () throws(PostgresError) in try await pool.run(segment) }
                    #expect(error?.isPoison == true)
                    let text = "\(try #require(error))"
                    #expect(!text.contains("hunter2") && !text.contains("no)"))
                    #expect(!String(reflecting: error).contains("hunter2"))
                }
                try await execute(pool, "drop table secret_test")
            }
        }
    }
}
