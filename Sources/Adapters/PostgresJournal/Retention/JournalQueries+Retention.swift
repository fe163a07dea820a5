import HoldpointCore
import HoldpointPorts
import PostgresClient

extension JournalQueries {
    private static let policy = PostgresStatement(
        "select days, mode from retentions where tenant = $1 and project = $2")

    /// What becomes of a project's sessions that ended; nil if they are kept.
    func retention(of scope: Scope) async throws(PostgresError) -> RetentionPolicy? {
        guard let project = try await projects.numbers(of: scope),
            let row = try await rows(in: project, Self.policy, []).first
        else { return nil }
        return try policy(row, from: 0)
    }

    private static let policies = PostgresStatement(
        """
        select t.name, p.name, r.days, r.mode from retentions r
          join projects p on p.id = r.project join tenants t on t.id = p.tenant
        where (t.name, p.name) > ($1, $2) order by t.name, p.name limit $3
        """)

    /// A page of the projects that have a policy, by tenant and name.
    func retentions(after scope: Scope?, limit: Int) async throws(PostgresError) -> [ProjectRetention] {
        let parameters: [PostgresValue] = [
            .text(scope?.tenant.text ?? ""), .text(scope?.project.text ?? ""), .int8(Int64(limit)),
        ]
        return try await unscoped.run(Self.policies, parameters).rows.map { (row) throws(PostgresError) in
            ProjectRetention(scope: try row.scope(0), policy: try policy(row, from: 2))
        }
    }

    private func policy(_ row: PostgresRow, from column: Int) throws(PostgresError) -> RetentionPolicy {
        let mode = try row.known(RetentionPolicy.Mode(rawValue: row.text(column + 1)), column + 1)
        return try row.known(RetentionPolicy(finishedAfterDays: row.integer(column), mode: mode), column)
    }

    private static let ended = PostgresStatement(
        """
        select key, name, updated from sessions
        where tenant = $1 and project = $2 and status in (3, 4, 5) and updated < $3
          and key > $4::uuid and key < $5::uuid and shard = any($6::int2[])
        order by key nulls first limit $7
        """)

    /// A page of a project's sessions that ended before a time, by their key.
    ///
    /// An index by their end would have to be kept up with each change of each session; this one passes over the old
    /// sessions that still wait, once for each pass. None ended before the time of its key.
    func endedSessions(
        in scope: Scope, shards: [Shard], before time: Timestamp, after last: EndedSession?, limit: Int
    ) async throws(PostgresError) -> [EndedSession] {
        guard let project = try await projects.numbers(of: scope) else { return [] }
        let parameters: [PostgresValue] = [
            .time(time), .identifier(last?.identity.key.value ?? .smallest),
            .identifier(Identifier128(time: time, random: .smallest)), .shards(shards), .int8(Int64(limit)),
        ]
        return try await rows(in: project, Self.ended, parameters).map { (row) throws(PostgresError) in
            let identity = SessionIdentity(scope: scope, key: try row.sessionKey(0), id: try row.sessionID(1))
            return EndedSession(identity: identity, endedAt: try row.time(2))
        }
    }

    private static let archive = PostgresStatement(
        """
        select session, retired, data from archives where tenant = $1 and project = $2 and name = $3 and page = $4
        """)

    /// A page of the archived log of the session that a project knew by that id.
    func archive(of id: SessionID, in scope: Scope, page: Int) async throws(PostgresError) -> ArchivePage? {
        guard let project = try await projects.numbers(of: scope), let number = Int32(exactly: page),
            let row = try await rows(in: project, Self.archive, [.text(id.text), .int4(number)]).first
        else { return nil }
        return ArchivePage(key: try row.sessionKey(0), retiredAt: try row.time(1), bytes: try row.bytes(2))
    }

    private static let archives = PostgresStatement(
        """
        select name from archives where tenant = $1 and project = $2 and name > $3 and page = 0 order by name limit $4
        """)

    /// A page of the ids of a project's archived sessions.
    func archivedSessions(
        in scope: Scope, after id: SessionID?, limit: Int
    ) async throws(PostgresError) -> [SessionID] {
        guard let project = try await projects.numbers(of: scope) else { return [] }
        let parameters: [PostgresValue] = [.text(id?.text ?? ""), .int8(Int64(limit))]
        return try await rows(in: project, Self.archives, parameters).map { (row) throws(PostgresError) in
            try row.sessionID(0)
        }
    }
}
