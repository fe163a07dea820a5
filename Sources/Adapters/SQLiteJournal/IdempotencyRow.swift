import HoldpointCore
import HoldpointPorts
import SQLiteClient

/// The row of a caller's key; read while writing, to refuse a repetition, and while reading, to answer one.
enum IdempotencyRow {
    /// The record under a key of a project; nil if there is none.
    static func select(
        _ key: String, scope: Scope, project: Int64, on connection: SQLiteConnection
    ) throws(SQLiteError) -> IdempotencyRecord? {
        let select = try connection.statement(
            """
            SELECT fingerprint, reply, created, session, name FROM idempotency WHERE project = ?1 AND key = ?2
            """)
        defer { select.reset() }
        try select.bind(project, at: 1)
        try select.bind(key, at: 2)
        guard try select.step() else { return nil }
        let session = SessionIdentity(
            scope: scope, key: SessionKey(try select.identifier(3)), id: try select.sessionID(4))
        return IdempotencyRecord(
            key: key, fingerprint: select.text(0),
            reply: try StoredForm.reply(select.bytes(1)).orDamaged("a reply is malformed"), session: session,
            createdAt: select.timestamp(2))
    }
}
