import HoldpointCore
import HoldpointPorts
import PostgresClient

/// The row of a project's user.
enum UserRow {
    /// One at a time counts the users of a project; the first number spells `USER`.
    private static let lock = PostgresStatement("select pg_advisory_xact_lock(1431520594, hashint8($1::int8))")
    private static let upsert = PostgresStatement(
        """
        insert into users(tenant, project, id, document, updated) select $1, $2, $3, $4, $5
        where exists (select from users where project = $2 and id = $3)
          or (select count(*) from users where project = $2) < $6
        on conflict (project, id) do update set document = excluded.document, updated = excluded.updated
        """)
    private static let remove = PostgresStatement("delete from users where tenant = $1 and project = $2 and id = $3")
    private static let one = PostgresStatement(
        "select document, updated from users where tenant = $1 and project = $2 and id = $3")
    private static let after = PostgresStatement(
        """
        select document, updated from users where tenant = $1 and project = $2 and id > $3 order by id limit $4
        """)

    /// Writes a user under its id; false if it is another one and the project has as many as it may.
    static func put(
        _ record: UserRecord, in project: ProjectNumbers, on pool: PostgresPool
    ) async throws(PostgresError) -> Bool {
        var segment = PostgresSegment()
        Tenants.name([project.tenant], in: &segment)
        segment.add(lock, [.int8(project.project)])
        segment.add(
            upsert,
            project.values + [
                .text(record.user.id.text), .bytes(record.document), .time(record.updatedAt),
                .int8(Int64(PeopleLimits.usersPerProject)),
            ])
        return try await pool.run(segment).last?.affectedRows == 1
    }

    /// Deletes a user; false if there is none of that id.
    static func delete(
        _ id: UserID, in project: ProjectNumbers, on pool: PostgresPool
    ) async throws(PostgresError) -> Bool {
        var segment = PostgresSegment()
        Tenants.name([project.tenant], in: &segment)
        segment.add(remove, project.values + [.text(id.text)])
        return try await pool.run(segment).last?.affectedRows == 1
    }

    /// The user of that id.
    static func select(
        _ id: UserID, in project: ProjectNumbers, _ queries: JournalQueries
    ) async throws(PostgresError) -> UserRecord? {
        guard let row = try await queries.rows(in: project, one, [.text(id.text)]).first else { return nil }
        return try record(row)
    }

    /// A page of a project's users by id.
    static func page(
        after id: UserID?, limit: Int, in project: ProjectNumbers, _ queries: JournalQueries
    ) async throws(PostgresError) -> [UserRecord] {
        let parameters: [PostgresValue] = [.text(id?.text ?? ""), .int8(Int64(limit))]
        return try await queries.rows(in: project, after, parameters).map { (row) throws(PostgresError) in
            try record(row)
        }
    }

    private static func record(_ row: PostgresRow) throws(PostgresError) -> UserRecord {
        try row.known(try? UserRecord(document: row.bytes(0), updatedAt: row.time(1)), 0)
    }
}
