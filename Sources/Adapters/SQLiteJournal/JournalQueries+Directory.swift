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

    /// A page of tenants by name.
    func tenants(after name: TenantName?, limit: Int) throws(SQLiteError) -> [TenantName] {
        let select = try connection.statement("SELECT name FROM tenants WHERE name > ?1 ORDER BY name LIMIT ?2")
        defer { select.reset() }
        try select.bind(name?.text ?? "", at: 1)
        try select.bind(Int64(limit), at: 2)
        var names: [TenantName] = []
        while try select.step() {
            do { names.append(try TenantName(select.text(0))) } catch { throw .damaged("a tenant's name is malformed") }
        }
        return names
    }

    /// A page of a tenant's projects by name; nil if there is no such tenant.
    func projects(
        of tenant: TenantName, after name: ProjectName?, limit: Int
    ) throws(SQLiteError) -> [ProjectName]? {
        guard let tenant = try TenantRow.number(of: tenant, on: connection) else { return nil }
        let select = try connection.statement(
            "SELECT name FROM projects WHERE tenant = ?1 AND name > ?2 ORDER BY name LIMIT ?3")
        defer { select.reset() }
        try select.bind(tenant, at: 1)
        try select.bind(name?.text ?? "", at: 2)
        try select.bind(Int64(limit), at: 3)
        var names: [ProjectName] = []
        while try select.step() {
            do {
                names.append(try ProjectName(select.text(0)))
            } catch {
                throw .damaged("a project's name is malformed")
            }
        }
        return names
    }

    /// A page of a tenant's keys by id; nil if there is no such tenant.
    func keys(of tenant: TenantName, after id: String?, limit: Int) throws(SQLiteError) -> [KeyRecord]? {
        guard let tenant = try TenantRow.number(of: tenant, on: connection) else { return nil }
        return try KeyRow.page(after: id, limit: limit, tenant: tenant, on: connection)
    }

    /// The latest version of an agent.
    func agent(_ name: AgentName, in scope: Scope) throws(SQLiteError) -> AgentRecord? {
        guard let project = try project(scope) else { return nil }
        return try AgentRow.latest(name, project: project, on: connection)
    }

    /// A version of an agent.
    func agent(_ name: AgentName, version: Int64, in scope: Scope) throws(SQLiteError) -> AgentRecord? {
        guard let project = try project(scope) else { return nil }
        return try AgentRow.version(version, of: name, project: project, on: connection)
    }

    /// A page of an agent's versions, the newest first.
    func versions(
        of name: AgentName, in scope: Scope, before version: Int64?, limit: Int
    ) throws(SQLiteError) -> [AgentRecord] {
        guard let project = try project(scope) else { return [] }
        return try AgentRow.versions(of: name, before: version, limit: limit, project: project, on: connection)
    }

    /// A page of a project's agents by name.
    func agents(in scope: Scope, after name: AgentName?, limit: Int) throws(SQLiteError) -> [AgentRecord] {
        guard let project = try project(scope) else { return [] }
        return try AgentRow.page(after: name, limit: limit, project: project, on: connection)
    }
}
