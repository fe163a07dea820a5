import HoldpointCore
import HoldpointPorts
import SQLiteClient

extension JournalQueries {
    /// Whether there is no tenant.
    func isEmpty() throws(SQLiteError) -> Bool {
        let select = try connection.statement("SELECT 1 FROM tenants LIMIT 1")
        defer { select.reset() }
        return try !select.step()
    }

    /// The key of that public id: the one query without a scope, since it is what gives callers theirs.
    func key(_ id: String) throws(SQLiteError) -> KeyRecord? {
        let select = try connection.statement(
            """
            SELECT k.digest, t.name, p.name, k.scopes, k.created
            FROM keys k JOIN tenants t ON t.id = k.tenant LEFT JOIN projects p ON p.id = k.project
            WHERE k.public = ?1
            """)
        defer { select.reset() }
        try select.bind(id, at: 1)
        guard try select.step() else { return nil }
        // A scope that this release does not know allows nothing in it.
        let scopes = select.text(3).split(separator: " ").compactMap { KeyScope(rawValue: String($0)) }
        let tenant: TenantName
        let project: ProjectName?
        do {
            tenant = try TenantName(select.text(1))
            project = select.isNull(2) ? nil : try ProjectName(select.text(2))
        } catch {
            throw .damaged("a name is malformed")
        }
        return KeyRecord(
            id: id, secretDigest: try select.digest(0), tenant: tenant, project: project, scopes: Set(scopes),
            createdAt: select.timestamp(4))
    }

    /// The latest version of an agent.
    func agent(_ name: AgentName, in scope: Scope) throws(SQLiteError) -> AgentRecord? {
        guard let project = try project(scope) else { return nil }
        return try AgentRow.latest(name, project: project, on: connection)
    }

    /// A page of a project's agents by name.
    func agents(in scope: Scope, after name: AgentName?, limit: Int) throws(SQLiteError) -> [AgentRecord] {
        guard let project = try project(scope) else { return [] }
        return try AgentRow.page(after: name, limit: limit, project: project, on: connection)
    }
}
