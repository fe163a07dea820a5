import HoldpointCore
import HoldpointPorts
import SQLiteClient

/// A value, or why the store refuses; a refusal has changed nothing.
typealias Verdict<Value> = Result<Value, JournalError>

extension JournalDatabase {
    /// Writes all that a commit holds; all reasons to refuse are looked for before anything is changed.
    func commit(_ commit: SessionCommit) throws(SQLiteError) -> Verdict<CommitReceipt> {
        guard try fence(of: commit.fence.shard) == commit.fence, commit.identity.key.shard == commit.fence.shard else {
            return .failure(.fenced)
        }
        guard let project = try project(commit.identity.scope) else {
            return .failure(.refused("the project \(commit.identity.scope) does not exist"))
        }
        let known = try session(commit, project: project)
        if let refusal = try refusalOfRepetition(commit, project: project) { return .failure(refusal) }
        if let refusal = refusalOfForm(commit) { return .failure(refusal) }
        if let refusal = try refusalOfSends(commit, project: project) { return .failure(refusal) }
        if let row = known {
            guard !row.isQuarantined else { return .failure(.quarantined) }
            guard row.head == commit.expectedHead else { return .failure(.conflict(head: row.head)) }
            if try isOutdated(commit, project: project) { return .failure(.outdated) }
            if !commit.events.isEmpty { try update(row, with: commit) }
            return .success(try writeRows(of: commit, session: row))
        }
        guard commit.expectedHead == 0 else { return .failure(.conflict(head: 0)) }
        if commit.events.isEmpty { return try commitWithoutSession(commit, project: project) }
        if try isOutdated(commit, project: project) {
            return .failure(try refusalOfStart(commit, project: project) ?? .outdated)
        }
        guard let row = try insertSession(commit, project: project) else {
            return .failure(
                try refusalOfStart(commit, project: project)
                    ?? .refused("the key belongs to a session of another project"))
        }
        return .success(try writeRows(of: commit, session: row))
    }

    private func writeRows(of commit: SessionCommit, session: SessionRow) throws(SQLiteError) -> CommitReceipt {
        let position = try insertEvents(commit, session: session)
        for change in commit.requests { try write(change, session: session) }
        if let snapshot = commit.snapshot { try write(snapshot, session: session) }
        for secret in commit.secrets { try insert(secret, session: session) }
        var row = session
        row.head = commit.expectedHead + Int64(commit.events.count)
        if !commit.events.isEmpty { row.wake = commit.summary.wakeAt?.milliseconds }
        row.hasSecrets = session.hasSecrets || !commit.secrets.isEmpty
        if commit.destroysSecrets && row.hasSecrets {
            try destroySecrets(of: session)
            row.hasSecrets = false
        }
        remember(row, of: commit.identity.key)
        try writeOutcome(of: commit, project: session.project)
        return CommitReceipt(feedPosition: position.map { FeedPosition(transaction: $0) })
    }

    private func writeOutcome(of commit: SessionCommit, project: Int64) throws(SQLiteError) {
        if let decided = commit.decided { try write(decided, project: project) }
        if let record = commit.idempotency { try insert(record, project: project) }
        for command in commit.sends { _ = try insert(command, project: project) }
        try write(commit.counters, project: project)
        try announce(commit, project: project)
    }

    /// Writes what a command for a session that never began came to.
    private func commitWithoutSession(
        _ commit: SessionCommit, project: Int64
    ) throws(SQLiteError) -> Verdict<CommitReceipt> {
        if let row = try session(commit.identity.key, project: project) { return .failure(.conflict(head: row.head)) }
        if try isOutdated(commit, project: project) { return .failure(.outdated) }
        try writeOutcome(of: commit, project: project)
        return .success(CommitReceipt(feedPosition: nil))
    }

    /// The session's row if it is there; a start does not look, since its insert will find out.
    private func session(_ commit: SessionCommit, project: Int64) throws(SQLiteError) -> SessionRow? {
        commit.expectedHead == 0 ? nil : try session(commit.identity.key, project: project)
    }

    /// What is wrong with the commit by itself.
    private func refusalOfForm(_ commit: SessionCommit) -> JournalError? {
        var head = commit.expectedHead
        for event in commit.events {
            head += 1
            if event.sequence != head { return .refused("event \(event.sequence) is not the next one") }
        }
        if let snapshot = commit.snapshot, snapshot.sequence > head {
            return .refused("the snapshot is ahead of the log")
        }
        return nil
    }

    /// Whether the same was committed before, by the caller's key or as a stored command.
    private func refusalOfRepetition(
        _ commit: SessionCommit, project: Int64
    ) throws(SQLiteError) -> JournalError? {
        if let record = commit.idempotency,
            let earlier = try idempotencyRecord(record.key, scope: commit.identity.scope, project: project)
        {
            return .idempotencyKeyUsed(earlier)
        }
        guard let decided = commit.decided else { return nil }
        switch try outcome(of: decided.id, project: project) {
        case .unknown: return .refused("the stored command \(decided.id) does not exist")
        case .decided(let outcome): return .alreadyDecided(outcome)
        case .open: return nil
        }
    }

    /// Why a session cannot be inserted: it, or another one of its name, is or was there; nil if none of that holds.
    private func refusalOfStart(_ commit: SessionCommit, project: Int64) throws(SQLiteError) -> JournalError? {
        if let row = try session(commit.identity.key, project: project) {
            return row.isQuarantined ? .quarantined : .conflict(head: row.head)
        }
        let select = try connection.statement("SELECT key FROM sessions WHERE project = ?1 AND name = ?2")
        defer { select.reset() }
        try select.bind(project, at: 1)
        try select.bind(commit.identity.id.text, at: 2)
        if try select.step() { return .sessionExists(SessionKey(try select.identifier(0))) }
        return try isRetired(commit.identity.id, project: project) ? .sessionDeleted : nil
    }

    private func insertSession(_ commit: SessionCommit, project: Int64) throws(SQLiteError) -> SessionRow? {
        let insert = try connection.statement(
            """
            INSERT INTO sessions(project, key, name, agent, shard, status, head, wake, created, updated)
            SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10
            WHERE NOT EXISTS(SELECT 1 FROM tombstones WHERE project = ?1 AND name = ?3) ON CONFLICT DO NOTHING
            """)
        let summary = commit.summary
        let head = commit.expectedHead + Int64(commit.events.count)
        try insert.bind(project, at: 1)
        try insert.bind(commit.identity.key.value, at: 2)
        try insert.bind(commit.identity.id.text, at: 3)
        try insert.bind(summary.agent?.text, at: 4)
        try insert.bind(Int64(commit.fence.shard.number), at: 5)
        try insert.bind(Int64(summary.status.rowCode), at: 6)
        try insert.bind(head, at: 7)
        try insert.bind(summary.wakeAt, at: 8)
        try insert.bind(summary.createdAt, at: 9)
        try insert.bind(summary.updatedAt, at: 10)
        try insert.run()
        guard connection.changedRows == 1 else { return nil }
        let row = SessionRow(
            id: connection.lastInsertedRow, project: project, head: head, wake: summary.wakeAt?.milliseconds,
            isQuarantined: false, hasSecrets: false)
        try noteRow(.sessions, project: project)
        return row
    }

    private func update(_ row: SessionRow, with commit: SessionCommit) throws(SQLiteError) {
        // A deadline that stays as it is need not be looked for in its index.
        let wake = commit.summary.wakeAt?.milliseconds
        let update =
            wake == row.wake
            ? try connection.statement(
                "UPDATE sessions SET status = ?4, head = ?5, updated = ?6 WHERE id = ?1 AND project = ?2 AND head = ?3")
            : try connection.statement(
                """
                UPDATE sessions SET status = ?4, head = ?5, updated = ?6, wake = ?7
                WHERE id = ?1 AND project = ?2 AND head = ?3
                """)
        try update.bind(row.id, at: 1)
        try update.bind(row.project, at: 2)
        try update.bind(commit.expectedHead, at: 3)
        try update.bind(Int64(commit.summary.status.rowCode), at: 4)
        try update.bind(commit.expectedHead + Int64(commit.events.count), at: 5)
        try update.bind(commit.summary.updatedAt, at: 6)
        if wake != row.wake { try update.bind(wake, at: 7) }
        try update.run()
        guard connection.changedRows == 1 else { throw .damaged("a session's head is not where it was") }
    }

    /// Returns the row of the last event on the feed.
    private func insertEvents(_ commit: SessionCommit, session: SessionRow) throws(SQLiteError) -> Int64? {
        guard !commit.events.isEmpty else { return nil }
        let insert = try connection.statement(
            "INSERT INTO events(session, seq, time, type, feed, chain, data) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)")
        var position: Int64?
        try insert.bind(session.id, at: 1)
        for event in commit.events {
            try insert.bind(event.sequence, at: 2)
            try insert.bind(event.time, at: 3)
            try insert.bind(event.type.text, at: 4)
            try insert.bind(event.isOnFeed ? session.project : nil, at: 5)
            try insert.bind(event.chain, at: 6)
            try insert.run(borrowing: event.data, at: 7)
            if event.isOnFeed {
                position = connection.lastInsertedRow
                try noteRow(.events, project: session.project)
            }
        }
        return position
    }
}
