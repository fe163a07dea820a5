import HoldpointCore
import HoldpointPorts
import SQLiteClient

/// The row of a project's webhook.
enum WebhookRow {
    /// The webhook; nil if the project has none.
    static func select(project: Int64, on connection: SQLiteConnection) throws(SQLiteError) -> WebhookRecord? {
        let select = try connection.statement(
            """
            SELECT id, revision, url, types, enabled, disabled, box, created, updated FROM webhooks WHERE project = ?1
            """)
        defer { select.reset() }
        try select.bind(project, at: 1)
        guard try select.step() else { return nil }
        return WebhookRecord(
            id: WebhookID(try select.identifier(0)), revision: select.integer(1), url: select.text(2),
            types: StoredForm.eventTypes(select.optionalText(3)), isEnabled: select.integer(4) != 0,
            disabledReason: select.optionalText(5), box: select.bytes(6), createdAt: select.timestamp(7),
            updatedAt: select.timestamp(8))
    }

    /// Writes a revision in the place of the one before; false if that is not what is there.
    static func put(
        _ record: WebhookRecord, project: Int64, on connection: SQLiteConnection
    ) throws(SQLiteError) -> Bool {
        let put =
            record.revision == 1
            ? try connection.statement(
                """
                INSERT INTO webhooks(project, id, revision, url, types, enabled, disabled, box, created, updated)
                VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT DO NOTHING
                """)
            : try connection.statement(
                """
                UPDATE webhooks SET revision = ?3, url = ?4, types = ?5, enabled = ?6, disabled = ?7, box = ?8,
                    created = ?9, updated = ?10
                WHERE project = ?1 AND id = ?2 AND revision = ?3 - 1
                """)
        try put.bind(project, at: 1)
        try put.bind(record.id.value, at: 2)
        try put.bind(record.revision, at: 3)
        try put.bind(record.url, at: 4)
        try put.bind(StoredForm.encode(record.types), at: 5)
        try put.bind(record.isEnabled ? 1 : 0, at: 6)
        try put.bind(record.disabledReason, at: 7)
        try put.bind(record.createdAt, at: 9)
        try put.bind(record.updatedAt, at: 10)
        try put.run(borrowing: record.box, at: 8)
        return connection.changedRows == 1
    }

    /// Deletes the webhook; false if the project has none.
    static func delete(project: Int64, on connection: SQLiteConnection) throws(SQLiteError) -> Bool {
        let delete = try connection.statement("DELETE FROM webhooks WHERE project = ?1")
        try delete.bind(project, at: 1)
        try delete.run()
        return connection.changedRows == 1
    }
}
