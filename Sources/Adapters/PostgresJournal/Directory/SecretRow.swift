import HoldpointCore
import HoldpointPorts
import PostgresClient

/// The row of a project's secret.
enum SecretRow {
    /// One at a time counts the secrets of a project; the first number spells `SECR`.
    private static let lock = PostgresStatement("select pg_advisory_xact_lock(1397048146, hashint8($1::int8))")
    private static let upsert = PostgresStatement(
        """
        insert into project_secrets(tenant, project, name, box, updated) select $1, $2, $3, $4, $5
        where exists (select from project_secrets where project = $2 and name = $3)
          or (select count(*) from project_secrets where project = $2) < $6
        on conflict (project, name) do update set box = excluded.box, updated = excluded.updated
        """)
    private static let remove = PostgresStatement(
        "delete from project_secrets where tenant = $1 and project = $2 and name = $3")
    private static let one = PostgresStatement(
        "select box, updated from project_secrets where tenant = $1 and project = $2 and name = $3")
    private static let after = PostgresStatement(
        """
        select name, updated from project_secrets where tenant = $1 and project = $2 and name > $3
        order by name limit $4
        """)

    /// Writes a secret under its name; false if it is another one and the project has as many as it may.
    static func put(
        _ secret: ProjectSecret, in project: ProjectNumbers, on pool: PostgresPool
    ) async throws(PostgresError) -> Bool {
        var segment = PostgresSegment()
        Tenants.name([project.tenant], in: &segment)
        segment.add(lock, [.int8(project.project)])
        segment.add(
            upsert,
            project.values + [
                .text(secret.name.text), .bytes(secret.box), .time(secret.updatedAt),
                .int8(Int64(ProjectSecretLimits.perProject)),
            ])
        return try await pool.run(segment).last?.affectedRows == 1
    }

    /// Deletes a secret; false if there is none of that name.
    static func delete(
        _ name: SecretName, in project: ProjectNumbers, on pool: PostgresPool
    ) async throws(PostgresError) -> Bool {
        var segment = PostgresSegment()
        Tenants.name([project.tenant], in: &segment)
        segment.add(remove, project.values + [.text(name.text)])
        return try await pool.run(segment).last?.affectedRows == 1
    }

    /// The secret of that name.
    static func select(
        _ name: SecretName, in project: ProjectNumbers, _ queries: JournalQueries
    ) async throws(PostgresError) -> ProjectSecret? {
        guard let row = try await queries.rows(in: project, one, [.text(name.text)]).first else { return nil }
        return ProjectSecret(name: name, box: try row.bytes(0), updatedAt: try row.time(1))
    }

    /// A page of a project's secrets by name.
    static func page(
        after name: SecretName?, limit: Int, in project: ProjectNumbers, _ queries: JournalQueries
    ) async throws(PostgresError) -> [ProjectSecretEntry] {
        let parameters: [PostgresValue] = [.text(name?.text ?? ""), .int8(Int64(limit))]
        return try await queries.rows(in: project, after, parameters).map { (row) throws(PostgresError) in
            ProjectSecretEntry(name: try row.known(try? SecretName(row.text(0)), 0), updatedAt: try row.time(1))
        }
    }
}
