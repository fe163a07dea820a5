import EventLoop
import HoldpointCore
import HoldpointPorts
import HoldpointTesting
import PostgresClient
import PostgresJournal
import Testing

/// Everything that needs the server, one after the other: it has few connections.
@Suite(.serialized, .timeLimit(.minutes(5)))
enum PostgresJournalTests {}

/// A database of its own, a loop, and a connection of the user who may do everything.
///
/// What is opened through it is closed with it.
final class PostgresScene: Sendable {
    let server: PostgresServer
    let database: String
    let connectionString: String
    let loop: EventLoop
    /// Three connections of the user who may do everything.
    let pool: PostgresPool
    private let opened = Locked<[PostgresJournal]>([])

    private static let template = "holdpoint_template"
    private static let numbers = Locked(0)

    /// Runs `body` with a database that is migrated, or empty.
    static func run(isMigrated: Bool = true, _ body: (PostgresScene) async throws -> Void) async throws {
        let scene = try await PostgresScene(isMigrated: isMigrated)
        let result: Result<Void, any Error>
        do { result = .success(try await body(scene)) } catch { result = .failure(error) }
        try await scene.end()
        try result.get()
    }

    private init(isMigrated: Bool) async throws {
        server = try PostgresServer.shared.get()
        let number = Self.numbers.withLock {
            $0 += 1
            return $0
        }
        loop = try EventLoop.start(name: "postgres-journal-test")
        if isMigrated {
            let hasTemplate = try await Self.hasTemplate(server, loop)
            if !hasTemplate {
                try await Self.execute(server, loop, "create database \(Self.template)")
                _ = try await PostgresSchema.current.migrate(server.connectionString(database: Self.template), on: loop)
            }
        }
        database = "scene_\(number)"
        let source = isMigrated ? Self.template : "template0"
        try await Self.execute(server, loop, "create database \(database) template \(source)")
        connectionString = server.connectionString(database: database)
        var configuration = PostgresConfiguration(
            purpose: .write, connectionString: connectionString, applicationName: "scene")
        configuration.settings["search_path"] = "holdpoint"
        configuration.limits.connections = 3
        configuration.limits.idleTransactionLimit = .seconds(60)
        pool = try PostgresPool.open(configuration, on: loop)
    }

    private static func hasTemplate(_ server: PostgresServer, _ loop: EventLoop) async throws -> Bool {
        try await withPool(server, loop) { pool in
            let found = try await pool.run(
                PostgresStatement("select count(*) from pg_database where datname = $1"), [.text(template)])
            return try found.rows.first?.integer(0) == 1
        }
    }

    private static func execute(_ server: PostgresServer, _ loop: EventLoop, _ text: String) async throws {
        _ = try await withPool(server, loop) { pool in try await pool.run(PostgresStatement(text)) }
    }

    private static func withPool<Output>(
        _ server: PostgresServer, _ loop: EventLoop, _ body: (PostgresPool) async throws -> Output
    ) async throws -> Output {
        var configuration = PostgresConfiguration(purpose: .lease, connectionString: server.connectionString())
        // A database cannot be made within a transaction, which several statements at once would be.
        configuration.limits.maximumPrepared = 0
        let pool = try PostgresPool.open(configuration, on: loop)
        let result: Result<Output, any Error>
        do { result = .success(try await body(pool)) } catch { result = .failure(error) }
        await pool.close()
        return try result.get()
    }

    private func end() async throws {
        for journal in opened.withLock({ $0 }) { await journal.close() }
        await pool.close()
        try loop.stop()
    }

    /// Opens the store as one node would.
    func journal(
        user: String = "holdpoint", _ change: (inout PostgresJournalConfiguration) -> Void = { _ in }
    ) async throws -> PostgresJournal {
        var configuration = PostgresJournalConfiguration(
            connectionString: server.connectionString(database: database, user: user))
        change(&configuration)
        let journal = try await PostgresJournal.open(configuration, on: loop, clock: ManualClock())
        opened.withLock { $0.append(journal) }
        return journal
    }

    /// Runs statements without parameters, each as a transaction of its own.
    func execute(_ texts: String...) async throws {
        for text in texts { _ = try await pool.run(PostgresStatement(text)) }
    }

    /// Makes the roles, as an administrator would where no other role may make roles.
    func makeRoles() async throws {
        for role in ["holdpoint_owner", "holdpoint_engine", "holdpoint_api"] {
            let found = PostgresStatement("select count(*) from pg_roles where rolname = $1")
            guard try await pool.run(found, [.text(role)]).rows.first?.integer(0) == 0 else { continue }
            try await execute("create role \(role) nologin")
        }
    }

    /// One number.
    func number(_ text: String) async throws -> Int64 {
        try #require(try await pool.run(PostgresStatement(text)).rows.first).integer(0)
    }

    /// Asks the server again and again until the number is at least `least`.
    func wait(until text: String, isAtLeast least: Int64 = 1) async throws {
        let statement = PostgresStatement(text)
        while try #require(try await pool.run(statement).rows.first).integer(0) < least { await Task.yield() }
    }
}
