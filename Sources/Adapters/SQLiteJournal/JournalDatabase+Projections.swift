import HoldpointCore
import HoldpointPorts
import SQLiteClient

extension JournalDatabase {
    /// Opens, closes, or opens and closes a request.
    func write(_ change: RequestChange, session: SessionRow) throws(SQLiteError) {
        guard let opened = change.openedAt else { return try close(change, session: session) }
        let insert = try connection.statement(
            """
            INSERT INTO requests(made, high, low, project, session, type, status, opened, closed)
            VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
            """)
        try insert.bind(change.id, at: 1)
        try insert.bind(session.project, at: 4)
        try insert.bind(session.id, at: 5)
        try insert.bind(Int64(change.type.rowCode), at: 6)
        try insert.bind(Int64(change.status.rowCode), at: 7)
        try insert.bind(opened, at: 8)
        try insert.bind(change.closedAt, at: 9)
        try insert.run()
        try noteRow(.requests, project: session.project)
    }

    private func close(_ change: RequestChange, session: SessionRow) throws(SQLiteError) {
        let update = try connection.statement(
            """
            UPDATE requests SET status = ?6, closed = ?7
            WHERE made = ?1 AND high = ?2 AND low = ?3 AND project = ?4 AND session = ?5
            """)
        try update.bind(change.id, at: 1)
        try update.bind(session.project, at: 4)
        try update.bind(session.id, at: 5)
        try update.bind(Int64(change.status.rowCode), at: 6)
        try update.bind(change.closedAt, at: 7)
        try update.run()
        guard connection.changedRows == 1 else { throw .unfit("there is no request \(change.id)") }
    }

    /// Puts a snapshot in the place of the session's last one.
    func write(_ snapshot: Snapshot, session: SessionRow) throws(SQLiteError) {
        let upsert = try connection.statement(
            """
            INSERT INTO snapshots(session, codec, seq, chain, digest, state) VALUES(?1, ?2, ?3, ?4, ?5, ?6)
            ON CONFLICT(session) DO UPDATE SET codec = excluded.codec, seq = excluded.seq, chain = excluded.chain,
                digest = excluded.digest, state = excluded.state WHERE seq < excluded.seq
            """)
        try upsert.bind(session.id, at: 1)
        try upsert.bind(snapshot.codec, at: 2)
        try upsert.bind(snapshot.sequence, at: 3)
        try upsert.bind(snapshot.chain, at: 4)
        try upsert.bind(snapshot.digest, at: 5)
        try upsert.run(borrowing: snapshot.state, at: 6)
    }

    /// Keeps a sealed value.
    func insert(_ secret: SealedSecret, session: SessionRow) throws(SQLiteError) {
        let insert = try connection.statement(
            "INSERT INTO secrets(project, session, request, field, box) VALUES(?1, ?2, ?3, ?4, ?5)")
        try insert.bind(session.project, at: 1)
        try insert.bind(session.id, at: 2)
        try insert.bind(secret.handle.request.description, at: 3)
        try insert.bind(secret.handle.field, at: 4)
        try insert.run(borrowing: secret.box, at: 5)
    }

    /// Destroys a session's sealed values; `secure_delete` overwrites the space.
    func destroySecrets(of session: SessionRow) throws(SQLiteError) {
        let delete = try connection.statement("DELETE FROM secrets WHERE session = ?1 AND project = ?2")
        try delete.bind(session.id, at: 1)
        try delete.bind(session.project, at: 2)
        try delete.run()
    }

    /// Keeps the record of a caller's key.
    func insert(_ record: IdempotencyRecord, project: Int64) throws(SQLiteError) {
        let insert = try connection.statement(
            """
            INSERT INTO idempotency(project, key, fingerprint, reply, session, name, created)
            VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)
            """)
        try insert.bind(project, at: 1)
        try insert.bind(record.key, at: 2)
        try insert.bind(record.fingerprint, at: 3)
        try insert.bind(StoredForm.encode(record.reply), at: 4)
        try insert.bind(record.session.key.value, at: 5)
        try insert.bind(record.session.id.text, at: 6)
        try insert.bind(record.createdAt, at: 7)
        try insert.run()
    }

    /// The record under a caller's key, as the open transaction sees it.
    func idempotencyRecord(
        _ key: String, scope: Scope, project: Int64
    ) throws(SQLiteError) -> IdempotencyRecord? {
        try IdempotencyRow.select(key, scope: scope, project: project, on: connection)
    }
}
