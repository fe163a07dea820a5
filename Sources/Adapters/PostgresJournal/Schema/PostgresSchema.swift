package import EventLoop
package import HoldpointPorts
import PostgresClient

/// The tables of the shared store in their schema `holdpoint`, and who may do what with them.
///
/// Three roles that cannot log in: `holdpoint_owner` owns the tables, `holdpoint_engine` writes what is due and reads
/// across tenants, `holdpoint_api` reads one project. Neither of the last two bypasses the row level security.
package enum PostgresSchema {
    /// The schema that everything is in.
    static let name = "holdpoint"

    /// The version that this release makes and needs.
    package static var version: Int64 { Int64(steps.count) }

    /// What a migration found and left.
    package struct Migration: Sendable, Equatable {
        /// The version before; 0 for a database without tables of ours.
        package let from: Int64
        /// The version now.
        package let to: Int64
    }

    /// Brings a database to this release's version, in one transaction, and makes the roles that are missing.
    ///
    /// Several may run at once: one does the work, the others find it done.
    ///
    /// - Parameter connectionString: of a login role that is a member of `holdpoint_owner` or may create roles, and
    ///   that may create a schema in the database.
    /// - Throws: `JournalUnusable`; `newerFormat` for a database of a later release. Nothing is changed then.
    package static func migrate(
        _ connectionString: String, on loop: EventLoop
    ) async throws(JournalUnusable) -> Migration {
        try await withPool(connectionString, purpose: "migrate", on: loop) { pool throws(JournalUnusable) in
            let found: Int64
            do throws(PostgresError) {
                found = try await pool.transaction { transaction throws(PostgresError) in
                    try await migrate(in: transaction)
                }
            } catch {
                throw .postgres(error)
            }
            guard found <= version else { throw newer(found) }
            return Migration(from: found, to: version)
        }
    }

    /// Makes sure that the database has this release's version, and gives a number that no other process has.
    static func check(_ connectionString: String, on loop: EventLoop) async throws(JournalUnusable) -> Int64 {
        try await withPool(connectionString, purpose: "check", on: loop) { pool throws(JournalUnusable) in
            let found: Int64
            do throws(PostgresError) {
                found = try await present(pool)
            } catch {
                throw .postgres(error)
            }
            guard found <= version else { throw newer(found) }
            guard found == version else {
                let state = found == 0 ? "has no tables of Holdpoint yet" : "has version \(found) of the tables"
                throw JournalUnusable(
                    .notAccessible,
                    "the Postgres database \(state), and this release needs version \(version); "
                        + "run 'holdpoint migrate' with the same --postgres first")
            }
            do throws(PostgresError) {
                return try await engineNumber(pool, nextNumber)
            } catch {
                throw .postgres(error)
            }
        }
    }

    private static func newer(_ found: Int64) -> JournalUnusable {
        JournalUnusable(
            .newerFormat,
            "the Postgres database has version \(found) of the tables, made by a later release; this one knows "
                + "versions up to \(version). Run the later release")
    }

    // MARK: One connection

    /// Runs `body` with one connection, which is closed afterwards.
    private static func withPool<Output: Sendable>(
        _ connectionString: String, purpose: String, on loop: EventLoop,
        _ body: (PostgresPool) async throws(JournalUnusable) -> Output
    ) async throws(JournalUnusable) -> Output {
        var configuration = PostgresConfiguration(
            purpose: .write, connectionString: connectionString, applicationName: "holdpoint:\(purpose)")
        configuration.limits.connections = 1
        configuration.limits.statementLimit = .seconds(600)
        configuration.limits.lockLimit = .seconds(600)
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

    /// The version that the database has; 0 for none.
    private static func present(_ pool: PostgresPool) async throws(PostgresError) -> Int64 {
        // The catalogue tells it without any right on what is ours.
        let tables = try await pool.run(versionTable)
        guard try tables.rows.first?.integer(0) == 1 else { return 0 }
        return try await engineNumber(pool, selectVersion)
    }

    private static func engineNumber(
        _ pool: PostgresPool, _ statement: PostgresStatement
    ) async throws(PostgresError) -> Int64 {
        var segment = PostgresSegment(takeRole, [.text("holdpoint_engine")])
        segment.add(statement)
        return try await pool.run(segment).last?.rows.first?.integer(0) ?? 0
    }

    private static let versionTable = PostgresStatement(
        """
        select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = 'holdpoint' and c.relname = 'schema_version'
        """)
    private static let takeRole = PostgresStatement("select set_config('role', $1, true)")
    private static let selectVersion = PostgresStatement("select version from holdpoint.schema_version")
    private static let nextNumber = PostgresStatement("select nextval('holdpoint.incarnations')")

    // MARK: Changing

    /// Runs the steps that are missing and returns the version that was found.
    private static func migrate(in transaction: PostgresTransaction) async throws(PostgresError) -> Int64 {
        var begin = PostgresSegment(lock)
        begin.add(PostgresStatement(roles))
        begin.add(PostgresStatement("create schema if not exists holdpoint authorization holdpoint_owner"))
        begin.add(takeRole, [.text("holdpoint_owner")])
        begin.add(PostgresStatement("set local search_path = holdpoint"))
        begin.add(PostgresStatement("create table if not exists schema_version(version int4 not null)"))
        begin.add(PostgresStatement("select version from schema_version"))
        let found = try await transaction.run(begin).last?.rows.first?.integer(0) ?? 0
        guard found < version else { return found }
        for step in steps.dropFirst(Int(clamping: found)) {
            var segment = PostgresSegment()
            for text in step { segment.add(PostgresStatement(text)) }
            _ = try await transaction.run(segment)
        }
        var end = PostgresSegment(PostgresStatement("delete from schema_version"))
        end.add(PostgresStatement("insert into schema_version values($1)"), [.int4(Int32(clamping: version))])
        _ = try await transaction.run(end)
        return found
    }

    /// One migration at a time in a database; the number spells `HPNT`.
    private static let lock = PostgresStatement("select pg_advisory_xact_lock(1213222484)")

    /// Makes the roles, unless they are there, and makes the login role a member of them, unless it is or may not.
    ///
    /// Roles belong to all databases of the server, so another migration may be making them at this moment.
    private static let roles = """
        do $$
        declare
            wanted text;
        begin
            foreach wanted in array array['holdpoint_owner', 'holdpoint_engine', 'holdpoint_api'] loop
                if not exists (select from pg_roles where rolname = wanted) then
                    begin
                        execute format('create role %I nologin', wanted);
                    exception when duplicate_object or unique_violation then null;
                    end;
                end if;
                if not pg_has_role(current_user, wanted, 'usage') then
                    begin
                        execute format('grant %I to %I', wanted, current_user);
                    exception when insufficient_privilege then null;
                    end;
                end if;
            end loop;
        end
        $$
        """
}
