import HoldpointCore
import HoldpointPorts
import SQLiteClient

extension JournalQueries {
    /// What becomes of a project's sessions that ended; nil if they are kept.
    func retention(of scope: Scope) throws(SQLiteError) -> RetentionPolicy? {
        guard let project = try project(scope) else { return nil }
        let select = try connection.statement("SELECT days, mode FROM retentions WHERE project = ?1")
        defer { select.reset() }
        try select.bind(project, at: 1)
        return try select.step() ? try policy(select, from: 0) : nil
    }

    /// A page of the projects that have a policy, by tenant and name.
    func retentions(after scope: Scope?, limit: Int) throws(SQLiteError) -> [ProjectRetention] {
        let select = try connection.statement(
            """
            SELECT p.id, r.days, r.mode FROM retentions r JOIN projects p ON p.id = r.project
              JOIN tenants t ON t.id = p.tenant
            WHERE (t.name, p.name) > (?1, ?2) ORDER BY t.name, p.name LIMIT ?3
            """)
        defer { select.reset() }
        try select.bind(scope?.tenant.text ?? "", at: 1)
        try select.bind(scope?.project.text ?? "", at: 2)
        try select.bind(Int64(limit), at: 3)
        var found: [ProjectRetention] = []
        while try select.step() {
            found.append(
                ProjectRetention(scope: try self.scope(of: select.integer(0)), policy: try policy(select, from: 1)))
        }
        return found
    }

    private func policy(_ row: SQLiteStatement, from column: Int32) throws(SQLiteError) -> RetentionPolicy {
        guard let mode = RetentionPolicy.Mode(rawValue: row.text(column + 1)),
            let policy = RetentionPolicy(finishedAfterDays: row.integer(column), mode: mode)
        else { throw .damaged("a retention policy is malformed") }
        return policy
    }

    /// A page of a project's sessions that ended before a time, by their end and key.
    func endedSessions(
        in scope: Scope, shards: [Shard], before time: Timestamp, after last: EndedSession?, limit: Int
    ) throws(SQLiteError) -> [EndedSession] {
        guard let project = try project(scope) else { return [] }
        let select = try connection.statement(
            """
            SELECT key, name, shard, updated FROM sessions INDEXED BY sessions_ended
            WHERE project = ?1 AND status IN (3, 4, 5) AND updated < ?2 AND (updated, key) > (?3, ?4)
            ORDER BY updated, key
            """)
        defer { select.reset() }
        let wanted = ShardSet(shards)
        try select.bind(project, at: 1)
        try select.bind(time, at: 2)
        try select.bind(last?.endedAt ?? Timestamp(milliseconds: .min), at: 3)
        if let last { try select.bind(last.identity.key.value, at: 4) } else { try select.bind([], at: 4) }
        var found: [EndedSession] = []
        while found.count < limit, try select.step() {
            guard wanted.contains(select.integer(2)) else { continue }
            let identity = SessionIdentity(
                scope: scope, key: SessionKey(try select.identifier(0)), id: try select.sessionID(1))
            found.append(EndedSession(identity: identity, endedAt: select.timestamp(3)))
        }
        return found
    }

    /// A page of the archived log of the session that a project knew by that id.
    func archive(of id: SessionID, in scope: Scope, page: Int) throws(SQLiteError) -> ArchivePage? {
        guard let project = try project(scope) else { return nil }
        let select = try connection.statement(
            "SELECT key, retired, data FROM archives WHERE project = ?1 AND name = ?2 AND page = ?3")
        defer { select.reset() }
        try select.bind(project, at: 1)
        try select.bind(id.text, at: 2)
        try select.bind(Int64(page), at: 3)
        guard try select.step() else { return nil }
        return ArchivePage(
            key: SessionKey(try select.identifier(0)), retiredAt: select.timestamp(1), bytes: select.bytes(2))
    }

    /// A page of the ids of a project's archived sessions.
    func archivedSessions(
        in scope: Scope, after id: SessionID?, limit: Int
    ) throws(SQLiteError) -> [SessionID] {
        guard let project = try project(scope) else { return [] }
        let select = try connection.statement(
            "SELECT name FROM archives WHERE project = ?1 AND name > ?2 AND page = 0 ORDER BY name LIMIT ?3")
        defer { select.reset() }
        try select.bind(project, at: 1)
        try select.bind(id?.text ?? "", at: 2)
        try select.bind(Int64(limit), at: 3)
        var found: [SessionID] = []
        while try select.step() { found.append(try select.sessionID(0)) }
        return found
    }
}
