import HoldpointCore
import HoldpointPorts
import SQLiteClient

extension JournalDatabase {
    /// Sets what becomes of a project's sessions that ended; nil keeps them.
    func setRetention(_ policy: RetentionPolicy?, of scope: Scope) throws(SQLiteError) -> Verdict<Bool> {
        guard let project = try project(scope) else { return .success(false) }
        guard let policy else {
            try run("DELETE FROM retentions WHERE project = ?1", project)
            return .success(true)
        }
        let upsert = try connection.statement(
            """
            INSERT INTO retentions(project, days, mode) VALUES(?1, ?2, ?3)
            ON CONFLICT(project) DO UPDATE SET days = excluded.days, mode = excluded.mode
            """)
        try upsert.bind(project, at: 1)
        try upsert.bind(policy.finishedAfterDays, at: 2)
        try upsert.bind(policy.mode.rawValue, at: 3)
        try upsert.run()
        return .success(true)
    }

    /// Whether a project had a session under that id which was retired.
    func isRetired(_ id: SessionID, project: Int64) throws(SQLiteError) -> Bool {
        let select = try connection.statement("SELECT 1 FROM tombstones WHERE project = ?1 AND name = ?2")
        defer { select.reset() }
        try select.bind(project, at: 1)
        try select.bind(id.text, at: 2)
        return try select.step()
    }

    /// Retires sessions that ended and that no stored command waits for.
    func retire(_ retirement: Retirement) throws(SQLiteError) -> Verdict<RetiredPage> {
        for fence in retirement.fences {
            guard try self.fence(of: fence.shard) == fence else { return .failure(.fenced) }
        }
        guard let project = try project(retirement.scope) else {
            return .success(RetiredPage(retired: [], left: []))
        }
        var retired: [SessionKey] = []
        var left: [SessionKey] = []
        var bytes: Int64 = 0
        for (index, key) in retirement.sessions.enumerated() {
            if bytes >= RetentionLimits.bytes {
                left = Array(retirement.sessions[index...])
                break
            }
            guard let session = try retirable(key, retirement, project: project) else { continue }
            if retired.isEmpty { try keepLastPlace() }
            bytes += session.bytes
            if retirement.mode == .archive { try archive(session, of: retirement, project: project) }
            try delete(session, of: retirement, project: project)
            retired.append(key)
        }
        forget(retired)
        return .success(RetiredPage(retired: retired, left: left))
    }

    /// What retiring needs of a session's row.
    private struct RetirableSession {
        let key: SessionKey
        let id: Int64
        let name: String
        let bytes: Int64
    }

    /// The session, if it may be retired.
    private func retirable(
        _ key: SessionKey, _ retirement: Retirement, project: Int64
    ) throws(SQLiteError) -> RetirableSession? {
        let select = try connection.statement(
            """
            SELECT id, name, (SELECT coalesce(sum(length(data)), 0) FROM events WHERE session = sessions.id)
            FROM sessions WHERE project = ?1 AND key = ?2 AND status IN (3, 4, 5) AND updated < ?3
              AND NOT EXISTS(SELECT 1 FROM commands WHERE session = ?2 AND project = ?1 AND outcome IS NULL)
              AND NOT EXISTS(
                SELECT 1 FROM events WHERE session = sessions.id AND feed IS NOT NULL
                  AND id > coalesce((SELECT position FROM audit_heads WHERE project = ?1), 0))
            """)
        defer { select.reset() }
        try select.bind(project, at: 1)
        try select.bind(key.value, at: 2)
        try select.bind(retirement.endedBefore, at: 3)
        guard try select.step() else { return nil }
        return RetirableSession(
            key: key, id: select.integer(0), name: select.text(1), bytes: select.integer(2))
    }

    /// Puts an empty row at the end of the events, so that no later event gets the row, and with it the place on a
    /// feed, of one that is deleted now.
    private func keepLastPlace() throws(SQLiteError) {
        try connection.statement(
            """
            INSERT INTO events(session, seq, time, type, feed, chain, data)
            SELECT 0, coalesce(max(id), 0) + 1, 0, '', NULL, x'', x'' FROM events
            """
        ).run()
        try run("DELETE FROM events WHERE session = 0 AND id < ?1", connection.lastInsertedRow)
    }

    /// Keeps a session's log apart.
    private func archive(
        _ session: RetirableSession, of retirement: Retirement, project: Int64
    ) throws(SQLiteError) {
        let select = try connection.statement(
            "SELECT seq, time, type, feed, chain, data FROM events WHERE session = ?1 ORDER BY seq")
        defer { select.reset() }
        try select.bind(session.id, at: 1)
        var events: [RecordedEvent] = []
        while try select.step() { events.append(try select.event(0)) }
        let insert = try connection.statement(
            "INSERT INTO archives(project, name, key, retired, page, data) VALUES(?1, ?2, ?3, ?4, ?5, ?6)")
        for (number, page) in ArchivedLog.pages(ArchivedLog.encode(events)).enumerated() {
            try insert.bind(project, at: 1)
            try insert.bind(session.name, at: 2)
            try insert.bind(session.key.value, at: 3)
            try insert.bind(retirement.at, at: 4)
            try insert.bind(Int64(number), at: 5)
            try insert.run(borrowing: Array(page), at: 6)
        }
    }

    /// Deletes all rows of a session and leaves its tombstone.
    private func delete(
        _ session: RetirableSession, of retirement: Retirement, project: Int64
    ) throws(SQLiteError) {
        try moveFeedStart(past: session.id, project: project)
        let blocks = try blocks(of: session.id)
        try run("DELETE FROM events WHERE session = ?1", session.id)
        try run("DELETE FROM snapshots WHERE session = ?1", session.id)
        try run("DELETE FROM requests WHERE session = ?1", session.id)
        try run("DELETE FROM secrets WHERE session = ?1", session.id)
        for text: StaticString in [
            "DELETE FROM commands WHERE session = ?1 AND project = ?2 AND outcome IS NOT NULL",
            "DELETE FROM idempotency WHERE session = ?1 AND project = ?2",
            "DELETE FROM outbox WHERE session = ?1 AND project = ?2",
        ] {
            let delete = try connection.statement(text)
            try delete.bind(session.key.value, at: 1)
            try delete.bind(project, at: 2)
            try delete.run()
        }
        try run("DELETE FROM sessions WHERE id = ?1", session.id)
        for (kind, block) in blocks { try deleteIfEmpty(kind, block, project: project) }
        let insert = try connection.statement(
            "INSERT INTO tombstones(project, name, key, retired) VALUES(?1, ?2, ?3, ?4)")
        try insert.bind(project, at: 1)
        try insert.bind(session.name, at: 2)
        try insert.bind(session.key.value, at: 3)
        try insert.bind(retirement.at, at: 4)
        try insert.run()
    }

    private func moveFeedStart(past session: Int64, project: Int64) throws(SQLiteError) {
        let upsert = try connection.statement(
            """
            INSERT INTO feed_starts(project, position)
            SELECT ?2, id FROM events WHERE session = ?1 AND feed IS NOT NULL ORDER BY seq DESC LIMIT 1
            ON CONFLICT(project) DO UPDATE SET position = max(position, excluded.position)
            """)
        try upsert.bind(session, at: 1)
        try upsert.bind(project, at: 2)
        try upsert.run()
    }

    /// The blocks in which a session has rows (see `RowBlocks`).
    private func blocks(of session: Int64) throws(SQLiteError) -> [(kind: Int64, block: Int64)] {
        let select = try connection.statement(
            """
            SELECT 0, ?1 / 64 UNION SELECT 1, id / 64 FROM requests WHERE session = ?1
            UNION SELECT 2, id / 64 FROM events WHERE session = ?1 AND feed IS NOT NULL
            """)
        defer { select.reset() }
        try select.bind(session, at: 1)
        var blocks: [(kind: Int64, block: Int64)] = []
        while try select.step() { blocks.append((select.integer(0), select.integer(1))) }
        return blocks
    }

    private func deleteIfEmpty(_ kind: Int64, _ block: Int64, project: Int64) throws(SQLiteError) {
        let delete = try connection.statement(
            """
            DELETE FROM blocks WHERE kind = ?1 AND project = ?2 AND block = ?3 AND NOT CASE ?1
              WHEN 0 THEN EXISTS(
                SELECT 1 FROM sessions NOT INDEXED WHERE project = ?2 AND id BETWEEN ?3 * 64 AND ?3 * 64 + 63)
              WHEN 1 THEN EXISTS(
                SELECT 1 FROM requests NOT INDEXED WHERE project = ?2 AND id BETWEEN ?3 * 64 AND ?3 * 64 + 63)
              ELSE EXISTS(
                SELECT 1 FROM events NOT INDEXED WHERE feed = ?2 AND id BETWEEN ?3 * 64 AND ?3 * 64 + 63) END
            """)
        try delete.bind(kind, at: 1)
        try delete.bind(project, at: 2)
        try delete.bind(block, at: 3)
        try delete.run()
    }

    private func run(_ text: StaticString, _ value: Int64) throws(SQLiteError) {
        let statement = try connection.statement(text)
        try statement.bind(value, at: 1)
        try statement.run()
    }
}
