import HoldpointCore
import HoldpointPorts
import SQLiteClient

extension JournalDatabase {
    /// What is known of a stored command's outcome.
    enum OutcomeState {
        /// The project has no such command.
        case unknown
        /// It waits.
        case open
        /// It has an outcome.
        case decided(StoredOutcome)
    }

    /// Stores a command that is not stored yet.
    func store(_ command: StoredCommand) throws(SQLiteError) -> Verdict<Void> {
        guard let project = try project(command.session.scope) else {
            return .failure(.refused("the project \(command.session.scope) does not exist"))
        }
        return try insert(command, project: project)
            ? .success(()) : .failure(.refused("the stored command \(command.id) is known"))
    }

    /// Inserts a command; false if there is one of that id, which is left as it is.
    func insert(_ command: StoredCommand, project: Int64) throws(SQLiteError) -> Bool {
        let insert = try connection.statement(
            """
            INSERT INTO commands(key, project, session, name, shard, kind, sealed, principal, received, attempts)
            VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT(key) DO NOTHING
            """)
        try insert.bind(command.id.value, at: 1)
        try insert.bind(project, at: 2)
        try insert.bind(command.session.key.value, at: 3)
        try insert.bind(command.session.id.text, at: 4)
        try insert.bind(Int64(command.session.key.shard.number), at: 5)
        try insert.bind(command.kind, at: 6)
        try insert.bind(command.principal.text, at: 8)
        try insert.bind(command.receivedAt, at: 9)
        try insert.bind(command.attempts, at: 10)
        try insert.run(borrowing: command.sealed, at: 7)
        return connection.changedRows == 1
    }

    /// Why the commands that a commit sends cannot be stored; one that is stored already is none.
    func refusalOfSends(_ commit: SessionCommit, project: Int64) throws(SQLiteError) -> JournalError? {
        if commit.sends.isEmpty { return nil }
        if let refusal = commit.refusalOfSends { return refusal }
        let select = try connection.statement("SELECT project = ?2 AND session = ?3 FROM commands WHERE key = ?1")
        defer { select.reset() }
        for command in commit.sends {
            select.reset()
            try select.bind(command.id.value, at: 1)
            try select.bind(project, at: 2)
            try select.bind(command.session.key.value, at: 3)
            if try select.step(), select.integer(0) == 0 {
                return .refused("the stored command \(command.id) is for another session")
            }
        }
        return nil
    }

    /// What became of a stored command of a project.
    func outcome(of id: StoredCommandID, project: Int64) throws(SQLiteError) -> OutcomeState {
        let select = try connection.statement("SELECT outcome FROM commands WHERE key = ?1 AND project = ?2")
        defer { select.reset() }
        try select.bind(id.value, at: 1)
        try select.bind(project, at: 2)
        guard try select.step() else { return .unknown }
        guard let bytes = select.optionalBytes(0) else { return .open }
        return .decided(try StoredForm.outcome(bytes).orDamaged("an outcome is malformed"))
    }

    /// Writes an outcome for a command that has none.
    ///
    /// What is decided is not read again, and it may hold sealed secrets that must not outlive their session (I9); only
    /// what was given up stays, for whoever looks into it.
    func write(_ decided: DecidedCommand, project: Int64) throws(SQLiteError) {
        let update = try connection.statement(
            """
            UPDATE commands SET outcome = ?3, sealed = CASE WHEN ?4 THEN sealed ELSE x'' END
            WHERE key = ?1 AND project = ?2 AND outcome IS NULL
            """)
        try update.bind(decided.id.value, at: 1)
        try update.bind(project, at: 2)
        try update.bind(StoredForm.encode(decided.outcome), at: 3)
        try update.bind(decided.outcome.isGivenUp ? 1 : 0, at: 4)
        try update.run()
    }

    /// Writes an outcome outside a commit; false if there was one before.
    func decide(_ decided: DecidedCommand, in scope: Scope) throws(SQLiteError) -> Verdict<Bool> {
        guard let project = try project(scope) else { return .success(false) }
        try write(decided, project: project)
        return .success(connection.changedRows == 1)
    }

    /// Counts an attempt at a command that has no outcome.
    func countAttempt(_ id: StoredCommandID, in scope: Scope) throws(SQLiteError) -> Verdict<Int64> {
        guard let project = try project(scope) else { return .failure(unknown(id)) }
        let update = try connection.statement(
            "UPDATE commands SET attempts = attempts + 1 WHERE key = ?1 AND project = ?2 RETURNING attempts")
        defer { update.reset() }
        try update.bind(id.value, at: 1)
        try update.bind(project, at: 2)
        guard try update.step() else { return .failure(unknown(id)) }
        return .success(update.integer(0))
    }

    private func unknown(_ id: StoredCommandID) -> JournalError {
        .refused("the stored command \(id) does not exist")
    }
}
