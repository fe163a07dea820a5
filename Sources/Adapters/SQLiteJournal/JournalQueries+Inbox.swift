import HoldpointCore
import HoldpointPorts
import SQLiteClient

extension JournalQueries {
    /// A stored command and its outcome.
    func storedCommand(_ id: StoredCommandID, in scope: Scope) throws(SQLiteError) -> StoredCommandView? {
        guard let project = try project(scope) else { return nil }
        let select = try connection.statement(
            """
            SELECT key, project, session, name, shard, kind, sealed, principal, received, attempts, outcome
            FROM commands WHERE key = ?1 AND project = ?2
            """)
        defer { select.reset() }
        try select.bind(id.value, at: 1)
        try select.bind(project, at: 2)
        guard try select.step() else { return nil }
        let outcome = select.optionalBytes(10)
        return StoredCommandView(
            command: try command(select),
            outcome: try outcome.map { (bytes) throws(SQLiteError) in
                try StoredForm.outcome(bytes).orDamaged("an outcome is malformed")
            })
    }

    /// Of these commands, those that have an outcome.
    func decided(among commands: [StoredCommandReference]) throws(SQLiteError) -> [StoredCommandID] {
        let select = try connection.statement(
            "SELECT 1 FROM commands WHERE key = ?1 AND project = ?2 AND outcome IS NOT NULL")
        defer { select.reset() }
        var decided: [StoredCommandID] = []
        for command in commands {
            guard let project = try project(command.scope) else { continue }
            select.reset()
            try select.bind(command.id.value, at: 1)
            try select.bind(project, at: 2)
            if try select.step() { decided.append(command.id) }
        }
        return decided
    }

    /// A session's commands without an outcome, oldest first.
    func undecided(of session: SessionKey, in scope: Scope, limit: Int) throws(SQLiteError) -> [StoredCommand] {
        guard let project = try project(scope) else { return [] }
        let select = try connection.statement(
            """
            SELECT key, project, session, name, shard, kind, sealed, principal, received, attempts
            FROM commands INDEXED BY commands_session
            WHERE outcome IS NULL AND session = ?1 AND project = ?2 ORDER BY key LIMIT ?3
            """)
        defer { select.reset() }
        try select.bind(session.value, at: 1)
        try select.bind(project, at: 2)
        try select.bind(Int64(limit), at: 3)
        var commands: [StoredCommand] = []
        while try select.step() { commands.append(try command(select)) }
        return commands
    }

    /// Commands without an outcome in shards, oldest first, leaving out those of quarantined sessions.
    func undecided(
        shards: [Shard], after id: StoredCommandID?, limit: Int
    ) throws(SQLiteError) -> [StoredCommand] {
        let select = try connection.statement(
            """
            SELECT c.key, c.project, c.session, c.name, c.shard, c.kind, c.sealed, c.principal, c.received, c.attempts,
              s.quarantine
            FROM commands c INDEXED BY commands_open
              LEFT JOIN sessions s ON s.project = c.project AND s.key = c.session
            WHERE c.outcome IS NULL AND c.key > ?1 ORDER BY c.key
            """)
        defer { select.reset() }
        let wanted = ShardSet(shards)
        if let id { try select.bind(id.value, at: 1) } else { try select.bind([], at: 1) }
        var commands: [StoredCommand] = []
        while commands.count < limit, try select.step() {
            let isDue = select.isNull(10) || StoredCommand.kindsForQuarantined.contains(select.text(5))
            if isDue, wanted.contains(select.integer(4)) { commands.append(try command(select)) }
        }
        return commands
    }

    private func command(_ row: SQLiteStatement) throws(SQLiteError) -> StoredCommand {
        let session = SessionIdentity(
            scope: try scope(of: row.integer(1)), key: SessionKey(try row.identifier(2)), id: try row.sessionID(3))
        return StoredCommand(
            id: StoredCommandID(try row.identifier(0)), session: session, kind: row.text(5), sealed: row.bytes(6),
            principal: Principal(recorded: row.text(7)), receivedAt: row.timestamp(8), attempts: row.integer(9))
    }
}
