package import EventLoop
import HoldpointCore
package import HoldpointPorts
import PostgresClient

/// The tables of the shared store in their schema `holdpoint`, and who may do what with them.
///
/// Three roles that cannot log in: `holdpoint_owner` owns the tables, `holdpoint_engine` writes what is due and reads
/// across tenants, `holdpoint_api` reads one project. Neither of the last two bypasses the row level security.
///
/// A step that only adds what releases before it need not know of leaves their nodes at work, so that they can be
/// replaced one by one. Two numbers in the database say who may work on it: the oldest version of the tables that a
/// release must know, and the number of the forms of data that it must read.
package struct PostgresSchema: Sendable {
    /// The schema that everything is in.
    static let name = "holdpoint"

    /// What brings a database from one version to the next.
    package struct Step: Sendable {
        /// The statements, in order.
        let statements: [String]
        /// Whether a release that does not know of the step may go on working on the tables.
        ///
        /// So it is for a table or an index that is added, or a column that may be left out. Such a step runs while
        /// nodes are at work: nothing in it may lock a table for long.
        let admitsEarlier: Bool

        package init(_ statements: [String], admitsEarlier: Bool) {
            self.statements = statements
            self.admitsEarlier = admitsEarlier
        }
    }

    /// The steps from an empty schema on.
    package let steps: [Step]

    /// The tables that these steps make: this release's, an earlier or a later one's.
    package init(steps: [Step]) {
        self.steps = steps
    }

    /// The version that these steps make.
    package var version: Int64 { Int64(steps.count) }

    /// The oldest version that a release must know to work on these tables.
    package var oldest: Int64 { Int64((steps.lastIndex { !$0.admitsEarlier } ?? 0) + 1) }

    /// These tables with one step more, as a later release may have them.
    package func adding(_ step: Step) -> PostgresSchema { PostgresSchema(steps: steps + [step]) }

    /// What a migration found and left.
    package struct Migration: Sendable, Equatable {
        /// The version before; 0 for a database without tables of ours.
        package let from: Int64
        /// The version now.
        package let to: Int64
    }

    /// Brings a database to this version, in one transaction, and makes the roles that are missing.
    ///
    /// Several may run at once: one does the work, the others find it done. A database of a later release that admits
    /// this one is left as it is.
    ///
    /// - Parameters:
    ///   - connectionString: of a login role that is a member of `holdpoint_owner` or may create roles, and that may
    ///     create a schema in the database.
    ///   - formats: what a database that is made anew allows to be written.
    /// - Throws: `JournalUnusable`; `newerFormat` for a database of a later release that does not admit this one,
    ///   `neededByEarlier` while nodes live that could not go on. Nothing is changed then.
    package func migrate(
        _ connectionString: String, formats: Int64 = DataFormats.number, on loop: EventLoop
    ) async throws(JournalUnusable) -> Migration {
        let outcome = try await change(connectionString, on: loop) { transaction throws(PostgresError) in
            try await migrate(formats: formats, in: transaction)
        }
        switch outcome {
        case .done(let from): return Migration(from: from, to: max(from, version))
        case .refused(let present): throw refusal(of: present)
        case .needed(let nodes):
            throw JournalUnusable(
                .neededByEarlier,
                "the tables of this release are not for nodes of an earlier one: stop \(nodes.joined(separator: ", "))")
        }
    }

    /// Lets the forms of data up to a number be written, once every node that lives can read them; from then on no
    /// node joins that cannot.
    ///
    /// - Returns: the number that the database has now: this one, or a later release's.
    /// - Throws: `JournalUnusable`; `neededByEarlier` while nodes live that could not read them. Nothing is changed
    ///   then.
    package func allow(
        formats: Int64, _ connectionString: String, on loop: EventLoop
    ) async throws(JournalUnusable) -> Int64 {
        let outcome = try await change(connectionString, on: loop) { transaction throws(PostgresError) in
            try await allow(formats: formats, in: transaction)
        }
        switch outcome {
        case .done(let formats): return formats
        case .refused(let present): throw refusal(of: present)
        case .needed(let nodes):
            throw JournalUnusable(
                .neededByEarlier,
                "nodes of an earlier release could not read what would be written: replace or stop "
                    + nodes.joined(separator: ", "))
        }
    }

    /// Makes sure that a release with these tables and forms may work on the database, and gives a number that no other
    /// process has.
    func check(
        _ connectionString: String, formats: Int64, on loop: EventLoop
    ) async throws(JournalUnusable) -> Int64 {
        try await Self.withPool(connectionString, purpose: "check", on: loop) { pool throws(JournalUnusable) in
            let present: Present
            do throws(PostgresError) {
                present = try await Self.present(pool)
            } catch {
                throw .postgres(error)
            }
            guard admits(present, formats: formats) else { throw refusal(of: present) }
            do throws(PostgresError) {
                return try await Self.engineRow(pool, Self.nextNumber)?.integer(0) ?? 0
            } catch {
                throw .postgres(error)
            }
        }
    }

    /// What a database says of itself.
    struct Present {
        /// The version of its tables; 0 for none.
        var version: Int64 = 0
        /// The oldest version that a release must know.
        var oldest: Int64 = 0
        /// The number of the forms that a release must read.
        var formats: Int64 = 0
    }

    /// Whether a release with these tables may work on the database.
    private func admits(_ present: Present, formats: Int64) -> Bool {
        present.version >= version && present.oldest <= version && present.formats <= formats
    }

    private func refusal(of present: Present) -> JournalUnusable {
        if present.version < version {
            let state =
                present.version == 0
                ? "has no tables of Holdpoint yet" : "has version \(present.version) of the tables"
            return JournalUnusable(
                .notAccessible,
                "the Postgres database \(state), and this release needs version \(version); "
                    + "run 'holdpoint migrate' with the same --postgres first")
        }
        if present.oldest > version {
            return JournalUnusable(
                .newerFormat,
                "the Postgres database has version \(present.version) of the tables, made by a later release; this "
                    + "one knows versions up to \(version). Run the later release")
        }
        return JournalUnusable(
            .newerFormat,
            "the Postgres database holds data in forms of a later release (\(present.formats)), which this one does "
                + "not read. Run the later release")
    }

    // MARK: One connection

    /// Runs `body` with one connection, which is closed afterwards.
    static func withPool<Output: Sendable>(
        _ connectionString: String, purpose: String, on loop: EventLoop,
        _ body: (PostgresPool) async throws(JournalUnusable) -> Output
    ) async throws(JournalUnusable) -> Output {
        var configuration = PostgresConfiguration(
            purpose: .write, connectionString: connectionString, applicationName: "holdpoint:\(purpose)")
        configuration.limits.connections = 1
        configuration.limits.statementLimit = .seconds(600)
        configuration.limits.lockLimit = .seconds(2)
        configuration.limits.idleTransactionLimit = .seconds(60)
        configuration.limits.maximumStatements = 1_024
        // Statements are parsed one after the other: each may need what those before it have made.
        configuration.limits.maximumPrepared = 0
        let pool: PostgresPool
        do throws(PostgresConnectFailure) {
            pool = try PostgresPool.open(configuration, on: loop)
        } catch {
            throw .postgres(error)
        }
        do throws(JournalUnusable) {
            do throws(PostgresConnectFailure) { try await pool.ready() } catch { throw .postgres(error) }
            let output = try await body(pool)
            await pool.close()
            return output
        } catch {
            await pool.close()
            throw error
        }
    }

    // MARK: Looking

    /// What the database says of itself.
    private static func present(_ pool: PostgresPool) async throws(PostgresError) -> Present {
        // The catalogue tells it without any right on what is ours.
        let tables = try await pool.run(versionTable)
        guard try tables.rows.first?.integer(0) == 1, let version = try await engineRow(pool, selectVersion)?.integer(0)
        else { return Present() }
        guard version >= releasesVersion else { return Present(version: version, oldest: version) }
        return try await Present(engineRow(pool, selectAdmission))
    }

    private static func engineRow(
        _ pool: PostgresPool, _ statement: PostgresStatement
    ) async throws(PostgresError) -> PostgresRow? {
        var segment = PostgresSegment(takeRole, [.text("holdpoint_engine")])
        segment.add(statement)
        return try await pool.run(segment).last?.rows.first
    }

    /// From this version of the tables on the database says who may work on it, and each node which release it runs.
    static let releasesVersion: Int64 = 3

    private static let versionTable = PostgresStatement(
        """
        select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = 'holdpoint' and c.relname = 'schema_version'
        """)
    static let takeRole = PostgresStatement("select set_config('role', $1, true)")
    private static let selectVersion = PostgresStatement("select version from holdpoint.schema_version")
    static let selectAdmission = PostgresStatement(
        "select version, oldest, formats from holdpoint.schema_version")
    private static let nextNumber = PostgresStatement("select nextval('holdpoint.incarnations')")
}

extension PostgresSchema.Present {
    init(_ row: PostgresRow?) throws(PostgresError) {
        guard let row else { throw .unexpectedValue(column: 0, .noSuchColumn) }
        self.init(version: try row.integer(0), oldest: try row.integer(1), formats: try row.integer(2))
    }
}
