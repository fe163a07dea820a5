import HoldpointCore
import HoldpointPorts
import PostgresClient

/// The row of a project's webhook.
enum WebhookRow {
    private static let one = PostgresStatement(
        """
        select id, revision, url, types, enabled, disabled, box, created, updated from webhooks
        where tenant = $1 and project = $2
        """)
    private static let add = PostgresStatement(
        """
        insert into webhooks(tenant, project, id, revision, url, types, enabled, disabled, box, created, updated)
        values($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict do nothing
        """)
    private static let replace = PostgresStatement(
        """
        update webhooks set revision = $4, url = $5, types = $6, enabled = $7, disabled = $8, box = $9, created = $10,
            updated = $11
        where tenant = $1 and project = $2 and id = $3 and revision = $4 - 1
        """)
    private static let remove = PostgresStatement("delete from webhooks where tenant = $1 and project = $2")

    /// The webhook; nil if the project has none.
    static func select(
        in project: ProjectNumbers, _ queries: JournalQueries
    ) async throws(PostgresError) -> WebhookRecord? {
        guard let row = try await queries.rows(in: project, one, []).first else { return nil }
        return WebhookRecord(
            id: WebhookID(try row.identifier(0)), revision: try row.integer(1), url: try row.text(2),
            types: StoredForm.eventTypes(try row.optionalText(3)), isEnabled: try row.boolean(4),
            disabledReason: try row.optionalText(5), box: try row.bytes(6), createdAt: try row.time(7),
            updatedAt: try row.time(8))
    }

    /// Writes a revision in the place of the one before; false if that is not what is there.
    static func put(
        _ record: WebhookRecord, in project: ProjectNumbers, on pool: PostgresPool
    ) async throws(PostgresError) -> Bool {
        var segment = PostgresSegment()
        Tenants.name([project.tenant], in: &segment)
        segment.add(
            record.revision == 1 ? add : replace,
            project.values + [
                .identifier(record.id.value), .int8(record.revision), .text(record.url),
                .optional(StoredForm.encode(record.types)), .boolean(record.isEnabled),
                .optional(record.disabledReason), .bytes(record.box), .time(record.createdAt), .time(record.updatedAt),
            ])
        return try await pool.run(segment).last?.affectedRows == 1
    }

    /// Deletes the webhook; false if the project has none.
    static func delete(
        in project: ProjectNumbers, on pool: PostgresPool
    ) async throws(PostgresError) -> Bool {
        var segment = PostgresSegment()
        Tenants.name([project.tenant], in: &segment)
        segment.add(remove, project.values)
        return try await pool.run(segment).last?.affectedRows == 1
    }
}
