import EventLoop
import HoldpointPorts
import PostgresClient

/// How the tables are changed: one change at a time, each in one transaction.
extension PostgresSchema {
    /// What became of a change.
    enum Outcome: Sendable {
        /// It is made, or was before; with the number that it is about.
        case done(Int64)
        /// The database is not one that this release may change.
        case refused(Present)
        /// These nodes live and could not go on.
        case needed(by: [String])
    }

    /// How often a change is tried for which there was no lock.
    private static let lockAttempts = 150

    /// Makes a change in one transaction.
    ///
    /// Who waits for a lock on a table makes all others wait that come after, so it does not wait for long, but begins
    /// anew.
    func change(
        _ connectionString: String, on loop: EventLoop,
        _ body: @Sendable (PostgresTransaction) async throws(PostgresError) -> Outcome
    ) async throws(JournalUnusable) -> Outcome {
        try await Self.withPool(connectionString, purpose: "migrate", on: loop) { pool throws(JournalUnusable) in
            do throws(PostgresError) {
                for _ in 1..<Self.lockAttempts {
                    do throws(PostgresError) {
                        return try await pool.transaction(body)
                    } catch {
                        guard error.isLockTimeout || error.isDeadlock else { throw error }
                    }
                }
                return try await pool.transaction(body)
            } catch {
                throw .postgres(error)
            }
        }
    }

    /// Runs the steps that are missing.
    func migrate(
        formats: Int64, in transaction: PostgresTransaction
    ) async throws(PostgresError) -> Outcome {
        var begin = PostgresSegment(Self.lock)
        begin.add(PostgresStatement(Self.roles))
        begin.add(PostgresStatement("create schema if not exists holdpoint authorization holdpoint_owner"))
        begin.add(Self.takeRole, [.text("holdpoint_owner")])
        begin.add(PostgresStatement("set local search_path = holdpoint"))
        begin.add(PostgresStatement("create table if not exists schema_version(version int4 not null)"))
        begin.add(PostgresStatement("select version from schema_version"))
        let found = try await transaction.run(begin).last?.rows.first?.integer(0) ?? 0
        if found >= version {
            let present = try await Present(transaction.run(PostgresSegment(Self.selectAdmission)).last?.rows.first)
            return present.oldest > version ? .refused(present) : .done(found)
        }
        if found >= Self.releasesVersion, oldest > found {
            let nodes = try await Self.liveNodes(with: "tables", below: oldest, in: transaction)
            guard nodes.isEmpty else { return .needed(by: nodes) }
        }
        for step in steps.dropFirst(Int(clamping: found)) {
            var segment = PostgresSegment()
            for text in step.statements { segment.add(PostgresStatement(text)) }
            _ = try await transaction.run(segment)
        }
        let numbers: [PostgresValue] = [.int4(Int32(clamping: version)), .int4(Int32(clamping: oldest))]
        let end =
            found == 0
            ? PostgresSegment(Self.insertVersion, numbers + [.int8(formats)])
            : PostgresSegment(Self.updateVersion, numbers)
        _ = try await transaction.run(end)
        return .done(found)
    }

    /// Raises the number of the forms that may be written.
    func allow(
        formats: Int64, in transaction: PostgresTransaction
    ) async throws(PostgresError) -> Outcome {
        var begin = PostgresSegment(Self.lock)
        begin.add(Self.takeRole, [.text("holdpoint_owner")])
        begin.add(PostgresStatement("set local search_path = holdpoint"))
        begin.add(Self.selectAdmission)
        let present = try await Present(transaction.run(begin).last?.rows.first)
        guard present.version >= version, present.oldest <= version else { return .refused(present) }
        guard present.formats < formats else { return .done(present.formats) }
        let nodes = try await Self.liveNodes(with: "formats", below: formats, in: transaction)
        guard nodes.isEmpty else { return .needed(by: nodes) }
        let update = PostgresStatement("update schema_version set formats = $1")
        _ = try await transaction.run(PostgresSegment(update, [.int8(formats)]))
        return .done(formats)
    }

    /// The nodes that live and know less than a number.
    ///
    /// None joins or renews its lease until the transaction is over, and then only if it is admitted.
    private static func liveNodes(
        with column: String, below number: Int64, in transaction: PostgresTransaction
    ) async throws(PostgresError) -> [String] {
        var segment = PostgresSegment(PostgresStatement("lock table nodes in share row exclusive mode"))
        segment.add(
            PostgresStatement(
                """
                select name from nodes
                where not fenced and expires_at > clock_timestamp() and coalesce(\(column), 0) < $1 order by name
                """), [.int8(number)])
        var names: [String] = []
        for row in try await transaction.run(segment).last?.rows ?? [] { names.append(try row.text(0)) }
        return names
    }

    private static let insertVersion = PostgresStatement(
        "insert into schema_version(version, oldest, formats) values($1, $2, $3)")
    private static let updateVersion = PostgresStatement(
        "update schema_version set version = $1, oldest = greatest(oldest, $2)")

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
