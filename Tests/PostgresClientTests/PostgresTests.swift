import EventLoop
import PostgresClient
import Testing

/// Everything that needs the server, one after the other: some of it restarts the server.
@Suite(.serialized, .timeLimit(.minutes(2)))
enum PostgresTests {
    /// Runs `body` with a pool on a loop of its own, both of which are ended afterwards.
    static func withPool<Output>(
        _ purpose: PostgresConfiguration.Purpose = .write, connectionString: String? = nil,
        _ change: (inout PostgresConfiguration) -> Void = { _ in }, _ body: (PostgresPool) async throws -> Output
    ) async throws -> Output {
        let server = try PostgresServer.shared.get()
        var configuration = PostgresConfiguration(
            purpose: purpose, connectionString: connectionString ?? server.connectionString,
            applicationName: "holdpoint-\(purpose.rawValue)")
        change(&configuration)
        let loop = try EventLoop.start(name: "postgres-test")
        let pool = try PostgresPool.open(configuration, on: loop)
        let result: Result<Output, any Error>
        do { result = .success(try await body(pool)) } catch { result = .failure(error) }
        await pool.close()
        try loop.stop()
        return try result.get()
    }

    /// Those of our statements that sleep; a test that leaves one behind gives its pool no name.
    static let sleeping =
        "from pg_stat_activity where wait_event = 'PgSleep' and application_name like 'holdpoint-%'"

    /// Runs statements without parameters, each as a transaction of its own.
    static func execute(_ pool: PostgresPool, _ texts: String...) async throws {
        for text in texts { _ = try await pool.run(PostgresStatement(text)) }
    }

    /// One number.
    static func number(_ pool: PostgresPool, _ text: String) async throws -> Int64 {
        try await number(pool, PostgresStatement(text))
    }

    /// One number.
    static func number(
        _ pool: PostgresPool, _ statement: PostgresStatement, _ parameters: [PostgresValue] = [], on slot: Int? = nil
    ) async throws -> Int64 {
        let result = try await pool.run(statement, parameters, on: slot)
        return try #require(result.rows.first).integer(0)
    }

    /// One text.
    static func text(
        _ pool: PostgresPool, _ statement: PostgresStatement, _ parameters: [PostgresValue]
    ) async throws -> String {
        let result = try await pool.run(statement, parameters)
        return try #require(result.rows.first).text(0)
    }

    /// Asks the server again and again until the number is at least `least`.
    static func wait(_ pool: PostgresPool, until text: String, isAtLeast least: Int64 = 1) async throws {
        while try await number(pool, text) < least { await Task.yield() }
    }

    /// What a throwing call throws.
    static func failure<Output>(
        _ body: () async throws(PostgresError) -> Output
    ) async -> PostgresError? {
        do {
            _ = try await body()
            return nil
        } catch {
            return error
        }
    }
}
