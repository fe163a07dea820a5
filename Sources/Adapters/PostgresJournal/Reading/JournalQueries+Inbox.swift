import HoldpointCore
import HoldpointPorts
import PostgresClient

extension JournalQueries {
    private static let command = PostgresStatement(
        """
        select id, session, name, kind, sealed, principal, received, attempts, outcome from commands
        where tenant = $1 and project = $2 and id = $3
        """)

    /// A stored command and its outcome.
    func storedCommand(
        _ id: StoredCommandID, in scope: Scope
    ) async throws(PostgresError) -> StoredCommandView? {
        guard let project = try await projects.numbers(of: scope),
            let row = try await rows(in: project, Self.command, [.identifier(id.value)]).first
        else { return nil }
        return StoredCommandView(command: try command(row, scope), outcome: try row.optionalOutcome(8))
    }

    private static let ofSession = PostgresStatement(
        """
        select id, session, name, kind, sealed, principal, received, attempts from commands
        where tenant = $1 and project = $2 and session = $3 and outcome is null order by id limit $4
        """)

    /// A session's commands without an outcome, oldest first.
    func undecided(
        of session: SessionKey, in scope: Scope, limit: Int
    ) async throws(PostgresError) -> [StoredCommand] {
        guard let project = try await projects.numbers(of: scope) else { return [] }
        let parameters: [PostgresValue] = [.identifier(session.value), .int8(Int64(limit))]
        return try await read(segment(in: project, Self.ofSession, parameters), on: scoped) {
            row throws(PostgresError) in try command(row, scope)
        }
    }

    private static let ofShards = PostgresStatement(
        """
        select c.id, c.session, c.name, c.kind, c.sealed, c.principal, c.received, c.attempts, t.name, p.name
        from commands c left join sessions s on s.key = c.session and s.project = c.project
          join projects p on p.id = c.project join tenants t on t.id = p.tenant
        where c.outcome is null and c.id > $2 and c.shard = any($1::int2[])
          and (s.quarantine is null or c.kind = any('{\(StoredCommand.kindsForQuarantined.joined(separator: ","))}'))
        order by c.id limit $3
        """)

    /// Commands without an outcome in shards, oldest first; of quarantined sessions only what is due for them, too.
    func undecided(
        shards: [Shard], after id: StoredCommandID?, limit: Int
    ) async throws(PostgresError) -> [StoredCommand] {
        guard !shards.isEmpty else { return [] }
        let parameters: [PostgresValue] = [
            .shards(Set(shards)), .identifier(id?.value ?? .smallest), .int8(Int64(limit)),
        ]
        return try await read(PostgresSegment(Self.ofShards, parameters), on: unscoped) { row throws(PostgresError) in
            try command(row, try row.scope(8))
        }
    }

    private func command(_ row: PostgresRow, _ scope: Scope) throws(PostgresError) -> StoredCommand {
        let session = SessionIdentity(scope: scope, key: try row.sessionKey(1), id: try row.sessionID(2))
        return StoredCommand(
            id: try row.commandID(0), session: session, kind: try row.plainText(3), sealed: try row.bytes(4),
            principal: Principal(recorded: try row.plainText(5)), receivedAt: try row.time(6),
            attempts: try row.integer(7))
    }
}
