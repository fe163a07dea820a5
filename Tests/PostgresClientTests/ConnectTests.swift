import EventLoop
import PostgresClient
import Testing

extension PostgresTests {
    struct ConnectTests {
        @Test(arguments: [PostgresConfiguration.Purpose.write, .read, .lease])
        func `a pool of each purpose connects and answers`(purpose: PostgresConfiguration.Purpose) async throws {
            try await withPool(purpose) { pool in
                try await pool.ready()
                let settings = try await pool.run(
                    PostgresStatement(
                        "select current_setting('application_name'), current_setting('statement_timeout'),"
                            + " current_setting('idle_in_transaction_session_timeout')"))
                let row = try #require(settings.rows.first)
                #expect(try row.text(0) == "holdpoint-\(purpose.rawValue)")
                #expect(try row.text(1) == "20s" && row.text(2) == "1s")
                #expect(await pool.statusNow().lastFailure == nil)
            }
        }

        @Test func `a wrong password is told as such and shows no password`() async throws {
            let server = try PostgresServer.shared.get()
            let wrong = server.tcp(password: "hunter2")
            try await withPool(connectionString: wrong, { $0.limits.waitLimit = .milliseconds(300) }) { pool in
                let expected = PostgresConnectFailure.refused(try #require(SQLState("28P01")))
                await #expect(throws: expected) { try await pool.ready() }
                let error = await failure { () throws(PostgresError) in
                    try await pool.run(PostgresStatement("select 1"))
                }
                #expect(error == .unavailable(expected))
                #expect(error?.isRetryable == true && error?.isInDoubt == false)
                #expect("\(try #require(error))".contains("28P01"))
                #expect(!"\(try #require(error))".contains("hunter2"))
            }
        }

        @Test func `where nobody listens the pool says so and tries on`() async throws {
            let port = try PostgresServer.freePort()
            let text = "host=127.0.0.1 port=\(port) user=nobody password=hunter2 dbname=none"
            try await withPool(connectionString: text) { pool in
                for _ in 0..<3 {
                    do throws(PostgresConnectFailure) {
                        try await pool.ready()
                        Issue.record("connected to nobody")
                    } catch {
                        guard case .unreachable(let message) = error else { throw error }
                        #expect(message.contains("\(port)") && !message.contains("hunter2"))
                    }
                }
            }
        }

        @Test func `a connection string that cannot be read is refused without repeating it`() throws {
            let loop = try EventLoop.start(name: "postgres-test")
            defer { #expect(throws: Never.self) { try loop.stop() } }
            let configuration = PostgresConfiguration(purpose: .read, connectionString: "password hunter2")
            let error = #expect(throws: PostgresConnectFailure.connectionStringUnreadable) {
                try PostgresPool.open(configuration, on: loop)
            }
            #expect("\(try #require(error))" == "the connection string cannot be read")
        }

        @Test func `TLS is chosen by the connection string`() async throws {
            let server = try PostgresServer.shared.get()
            let trusted = "sslmode=verify-full sslrootcert=\(server.folder)/certificate.pem"
            try await withPool(connectionString: server.tcp(password: "secret", more: trusted)) { pool in
                try await pool.ready()
                let question = "select count(*) from pg_stat_ssl where ssl and pid = pg_backend_pid()"
                #expect(try await number(pool, question) == 1)
            }
        }

        @Test func `a server that accepts and says nothing is given up in time`() async throws {
            let silent = try SilentServer()
            let text = "host=127.0.0.1 port=\(silent.port) user=nobody dbname=none"
            try await withPool(connectionString: text, { $0.limits.connectLimit = .milliseconds(200) }) { pool in
                _ = await #expect(throws: PostgresConnectFailure.timedOut) { try await pool.ready() }
            }
        }

        @Test func `a closed pool refuses, and what waits in it`() async throws {
            let silent = try SilentServer()
            let text = "host=127.0.0.1 port=\(silent.port) user=nobody dbname=none"
            try await withPool(connectionString: text) { pool in
                async let waiting = failure { () throws(PostgresError) in
                    try await pool.run(PostgresStatement("select 1"))
                }
                while await pool.statusNow().waiting == 0 { await Task.yield() }
                await pool.close()
                #expect(await waiting == .closed)
                let late = await failure { () throws(PostgresError) in
                    try await pool.run(PostgresStatement("select 1"))
                }
                #expect(late == .closed)
                await #expect(throws: PostgresConnectFailure.lost) { try await pool.ready() }
            }
        }

        @Test func `notices are not printed and do not disturb the answers`() async throws {
            try await withPool { pool in
                try await execute(pool, "do $$ begin for i in 1..100 loop raise notice 'n %', i; end loop; end $$")
                #expect(try await number(pool, "select 7::int8") == 7)
            }
        }
    }
}
