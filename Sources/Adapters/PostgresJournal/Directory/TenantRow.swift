import HoldpointCore
import PostgresClient

/// The rows of tenants and their projects.
enum TenantRow {
    /// Names the tenant beyond which the rest of a segment cannot write, by its name; nobody if there is none.
    static let enter = PostgresStatement(
        "select set_config('app.tenants', coalesce((select id::text from tenants where name = $1), ''), true)")

    private static let add = PostgresStatement("insert into tenants(name) values($1) on conflict do nothing")
    private static let addProject = PostgresStatement(
        """
        insert into projects(tenant, name) select id, $2 from tenants where name = $1 on conflict do nothing
        """)
    private static let one = PostgresStatement("select id from tenants where name = $1")
    private static let any = PostgresStatement("select from tenants limit 1")
    private static let after = PostgresStatement("select name from tenants where name > $1 order by name limit $2")
    private static let projectsAfter = PostgresStatement(
        "select name from projects where tenant = $1 and name > $2 order by name limit $3")

    /// Adds a tenant; false if there is one by that name.
    static func insert(_ tenant: TenantName, on pool: PostgresPool) async throws(PostgresError) -> Bool {
        try await pool.run(add, [.text(tenant.text)]).affectedRows == 1
    }

    /// Adds a project; false if there is one by that name, nil if its tenant is not there.
    static func insert(_ scope: Scope, on pool: PostgresPool) async throws(PostgresError) -> Bool? {
        var segment = PostgresSegment(enter, [.text(scope.tenant.text)])
        segment.add(addProject, [.text(scope.tenant.text), .text(scope.project.text)])
        segment.add(one, [.text(scope.tenant.text)])
        let results = try await pool.run(segment)
        guard results.count == 3, !results[2].rows.isEmpty else { return nil }
        return results[1].affectedRows == 1
    }

    /// The number of a tenant; nil if there is none by that name.
    static func number(of tenant: TenantName, on pool: PostgresPool) async throws(PostgresError) -> Int64? {
        try await pool.run(one, [.text(tenant.text)]).rows.first.map { (row) throws(PostgresError) in
            try row.integer(0)
        }
    }

    /// Whether there is no tenant.
    static func isEmpty(on pool: PostgresPool) async throws(PostgresError) -> Bool {
        try await pool.run(any).rows.isEmpty
    }

    /// A page of tenants by name.
    static func page(
        after name: TenantName?, limit: Int, on pool: PostgresPool
    ) async throws(PostgresError) -> [TenantName] {
        try await pool.run(after, [.text(name?.text ?? ""), .int8(Int64(limit))]).rows
            .map { (row) throws(PostgresError) in try row.tenantName(0) }
    }

    /// A page of a tenant's projects by name.
    static func projects(
        of tenant: Int64, after name: ProjectName?, limit: Int, on pool: PostgresPool
    ) async throws(PostgresError) -> [ProjectName] {
        try await pool.run(projectsAfter, [.int8(tenant), .text(name?.text ?? ""), .int8(Int64(limit))]).rows
            .map { (row) throws(PostgresError) in try row.projectName(0) }
    }
}
