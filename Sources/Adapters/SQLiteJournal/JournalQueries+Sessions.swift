import HoldpointCore
import HoldpointPorts
import SQLiteClient

extension JournalQueries {
    /// A session's latest snapshot and the events after it, or its whole log.
    func load(
        _ key: SessionKey, in scope: Scope, usingSnapshot: Bool
    ) throws(SQLiteError) -> StoredSession? {
        guard let project = try project(scope) else { return nil }
        let select = try connection.statement(
            """
            SELECT s.id, s.name, s.quarantine, n.codec, n.seq, n.chain, n.digest, n.state
            FROM sessions s LEFT JOIN snapshots n ON n.session = s.id AND ?3
            WHERE s.project = ?1 AND s.key = ?2
            """)
        defer { select.reset() }
        try select.bind(project, at: 1)
        try select.bind(key.value, at: 2)
        try select.bind(usingSnapshot ? 1 : 0, at: 3)
        guard try select.step() else { return nil }
        let identity = SessionIdentity(scope: scope, key: key, id: try select.sessionID(1))
        var snapshot: Snapshot?
        if !select.isNull(3) {
            snapshot = Snapshot(
                codec: select.integer(3), sequence: select.integer(4), chain: try select.digest(5),
                digest: try select.digest(6), state: select.bytes(7))
        }
        // While the first statement is open, both read the same state of the database.
        let tail = try events(of: select.integer(0), after: snapshot?.sequence ?? 0, limit: -1, bytes: .max)
        return StoredSession(
            identity: identity, snapshot: snapshot, tail: tail, quarantine: select.optionalText(2))
    }

    /// The session that a project knows by that id.
    func find(_ id: SessionID, in scope: Scope) throws(SQLiteError) -> SessionIdentity? {
        guard let project = try project(scope) else { return nil }
        let select = try connection.statement("SELECT key FROM sessions WHERE project = ?1 AND name = ?2")
        defer { select.reset() }
        try select.bind(project, at: 1)
        try select.bind(id.text, at: 2)
        guard try select.step() else { return nil }
        return SessionIdentity(scope: scope, key: SessionKey(try select.identifier(0)), id: id)
    }

    /// A page of a session's log.
    func events(
        of key: SessionKey, in scope: Scope, after sequence: Int64, limit: Int
    ) throws(SQLiteError) -> [RecordedEvent] {
        guard let project = try project(scope) else { return [] }
        guard let row = try row(of: key, project: project) else { return [] }
        return try events(of: row, after: sequence, limit: limit, bytes: JournalPage.bytes)
    }

    /// Events in order, until there are `limit` or their data has so many bytes.
    private func events(
        of session: Int64, after sequence: Int64, limit: Int, bytes: Int
    ) throws(SQLiteError) -> [RecordedEvent] {
        let select = try connection.statement(
            """
            SELECT seq, time, type, feed, chain, data FROM events
            WHERE session = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3
            """)
        defer { select.reset() }
        try select.bind(session, at: 1)
        try select.bind(sequence, at: 2)
        try select.bind(Int64(limit), at: 3)
        var events: [RecordedEvent] = []
        var size = 0
        while size < bytes, try select.step() {
            let event = try select.event(0)
            size += event.data.count
            events.append(event)
        }
        return events
    }

    /// A page of a project's sessions, the last that began first.
    func sessions(_ query: SessionQuery, in scope: Scope) throws(SQLiteError) -> [SessionIdentity] {
        guard let project = try project(scope) else { return [] }
        var before = Int64.max
        if let last = query.before {
            guard let row = try place(of: last, project: project) else { return [] }
            before = row
        }
        // A session with the mark of quarantine is shown as quarantined, unless it has ended.
        let select = try connection.statement(
            """
            SELECT s.key, s.name
            FROM blocks b CROSS JOIN sessions s NOT INDEXED ON s.id BETWEEN b.block * 64 AND b.block * 64 + 63
            WHERE b.kind = 0 AND b.project = ?1 AND b.block <= ?2 / 64 AND s.project = ?1 AND s.id < ?2
              AND (?3 IS NULL OR s.agent = ?3)
              AND (?4 IS NULL OR CASE WHEN s.quarantine IS NOT NULL AND s.status < 3 THEN 6 ELSE s.status END = ?4)
            ORDER BY b.block DESC, s.id DESC LIMIT ?5
            """)
        defer { select.reset() }
        try select.bind(project, at: 1)
        try select.bind(before, at: 2)
        try select.bind(query.agent?.text, at: 3)
        try select.bind((query.status?.rowCode).map(Int64.init), at: 4)
        try select.bind(Int64(query.limit), at: 5)
        var found: [SessionIdentity] = []
        while try select.step() {
            found.append(
                SessionIdentity(
                    scope: scope, key: SessionKey(try select.identifier(0)), id: try select.sessionID(1)))
        }
        return found
    }

    private func row(of key: SessionKey, project: Int64) throws(SQLiteError) -> Int64? {
        let select = try connection.statement("SELECT id FROM sessions WHERE key = ?2 AND project = ?1")
        defer { select.reset() }
        try select.bind(project, at: 1)
        try select.bind(key.value, at: 2)
        return try select.step() ? select.integer(0) : nil
    }

    /// Before which row a list goes on after a session; nil if nothing follows it, since it is not of this project.
    ///
    /// One that was retired is followed by those that were made before it.
    private func place(of key: SessionKey, project: Int64) throws(SQLiteError) -> Int64? {
        let select = try connection.statement(
            "SELECT id, key, project FROM sessions WHERE key <= ?1 ORDER BY key DESC LIMIT 1")
        defer { select.reset() }
        try select.bind(key.value, at: 1)
        guard try select.step() else { return nil }
        guard SessionKey(try select.identifier(1)) == key else { return select.integer(0) + 1 }
        return select.integer(2) == project ? select.integer(0) : nil
    }

    /// The heads of sessions; those that are not there are left out.
    func heads(of sessions: [SessionReference]) throws(SQLiteError) -> [SessionKey: Int64] {
        let select = try connection.statement("SELECT head FROM sessions WHERE project = ?1 AND key = ?2")
        defer { select.reset() }
        var heads: [SessionKey: Int64] = [:]
        for session in sessions {
            guard let project = try project(session.scope) else { continue }
            try select.bind(project, at: 1)
            try select.bind(session.key.value, at: 2)
            if try select.step() { heads[session.key] = select.integer(0) }
            select.reset()
        }
        return heads
    }

    /// Sessions with a deadline from one time and before another, by deadline and key.
    func deadlines(
        shards: [Shard], from: Timestamp, until: Timestamp, after last: SessionKey?, limit: Int
    ) throws(SQLiteError) -> [SessionDeadline] {
        let select = try connection.statement(
            """
            SELECT project, key, name, shard, wake FROM sessions
            WHERE wake IS NOT NULL AND (wake, key) > (?1, ?2) AND wake < ?3 AND quarantine IS NULL
            ORDER BY wake, key
            """)
        defer { select.reset() }
        let wanted = ShardSet(shards)
        try select.bind(from, at: 1)
        if let last { try select.bind(last.value, at: 2) } else { try select.bind([], at: 2) }
        try select.bind(until, at: 3)
        var deadlines: [SessionDeadline] = []
        while deadlines.count < limit, try select.step() {
            guard wanted.contains(select.integer(3)) else { continue }
            let identity = SessionIdentity(
                scope: try scope(of: select.integer(0)), key: SessionKey(try select.identifier(1)),
                id: try select.sessionID(2))
            deadlines.append(SessionDeadline(identity: identity, wakeAt: select.timestamp(4)))
        }
        return deadlines
    }

    /// The recovery groups that stand.
    func standingGroups() throws(SQLiteError) -> [RecoveryGroup] {
        let select = try connection.statement(
            """
            SELECT g.id, g.deaths, m.project, m.session, m.name
            FROM recovery_groups g LEFT JOIN recovery_members m ON m.party = g.id ORDER BY g.id, m.id
            """)
        defer { select.reset() }
        var groups: [RecoveryGroup] = []
        while try select.step() {
            var members: [SessionIdentity] = []
            if let last = groups.last, last.id == select.integer(0) { members = groups.removeLast().members }
            if !select.isNull(2) {
                members.append(
                    SessionIdentity(
                        scope: try scope(of: select.integer(2)), key: SessionKey(try select.identifier(3)),
                        id: try select.sessionID(4)))
            }
            groups.append(RecoveryGroup(id: select.integer(0), deaths: select.integer(1), members: members))
        }
        return groups
    }
}

extension JournalQueries {
    /// The one node that has the store, or had it last.
    func nodes() throws(SQLiteError) -> [NodeRecord] {
        let select = try connection.statement("SELECT name, clean, started FROM node")
        defer { select.reset() }
        guard try select.step(), let name = try? NodeName(select.text(0)) else { return [] }
        let isLive = select.integer(1) == 0
        return [
            NodeRecord(
                name: name, startedAt: select.timestamp(2), renewedAt: nil, isLive: isLive,
                shards: isLive ? Shard.all.count : 0)
        ]
    }
}

/// Which of the 256 shards are asked for.
struct ShardSet {
    private var flags = [Bool](repeating: false, count: Shard.all.count)

    init(_ shards: [Shard]) {
        for shard in shards { flags[Int(shard.number)] = true }
    }

    /// Whether the shard of a row is asked for.
    func contains(_ number: Int64) -> Bool {
        flags.indices.contains(Int(clamping: number)) && flags[Int(clamping: number)]
    }
}
