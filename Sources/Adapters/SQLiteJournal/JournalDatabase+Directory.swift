import HoldpointCore
import HoldpointPorts
import SQLiteClient

extension JournalDatabase {
    /// Makes a tenant; false if it is there.
    func createTenant(_ tenant: TenantName) throws(SQLiteError) -> Verdict<Bool> {
        let insert = try connection.statement("INSERT INTO tenants(name) VALUES(?1) ON CONFLICT DO NOTHING")
        try insert.bind(tenant.text, at: 1)
        try insert.run()
        return .success(connection.changedRows == 1)
    }

    /// Makes a project; false if it is there, nil if its tenant is not.
    func createProject(_ scope: Scope) throws(SQLiteError) -> Verdict<Bool?> {
        guard let tenant = try TenantRow.number(of: scope.tenant, on: connection) else { return .success(nil) }
        let insert = try connection.statement(
            "INSERT INTO projects(tenant, name) VALUES(?1, ?2) ON CONFLICT DO NOTHING")
        try insert.bind(tenant, at: 1)
        try insert.bind(scope.project.text, at: 2)
        try insert.run()
        return .success(connection.changedRows == 1)
    }

    /// Stores a key; false if its tenant or project is not there, or its id is taken.
    func createKey(_ key: KeyRecord) throws(SQLiteError) -> Verdict<Bool> {
        guard let tenant = try TenantRow.number(of: key.tenant, on: connection) else { return .success(false) }
        var project: Int64?
        if let name = key.project {
            project = try self.project(Scope(tenant: key.tenant, project: name))
            if project == nil { return .success(false) }
        }
        return .success(try KeyRow.insert(key, tenant: tenant, project: project, on: connection))
    }

    /// Changes a key; nil if the tenant has none of that id (I5).
    func changeKey(
        _ id: String, of tenant: TenantName, _ change: KeyChange
    ) throws(SQLiteError) -> Verdict<KeyRecord?> {
        guard let record = try KeyRow.select(id, on: connection), record.tenant == tenant else {
            return .success(nil)
        }
        let changed = record.changed(by: change)
        if changed != record { try KeyRow.update(changed, on: connection) }
        return .success(changed)
    }

    /// Defines an agent, as a new version if the definition differs from the latest.
    func putAgent(
        _ definition: AgentDefinition, in scope: Scope, now: Timestamp
    ) throws(SQLiteError) -> Verdict<AgentRecord> {
        guard let project = try self.project(scope) else {
            return .failure(.refused("the project \(scope) does not exist"))
        }
        let latest = try AgentRow.latest(definition.name, project: project, on: connection)
        if let latest, latest.definition == definition { return .success(latest) }
        let record = AgentRecord(definition: definition, version: (latest?.version ?? 0) + 1, createdAt: now)
        try AgentRow.insert(record, project: project, on: connection)
        return .success(record)
    }
}

/// The row of a tenant.
enum TenantRow {
    /// The number of a tenant; nil if there is none by that name.
    static func number(of name: TenantName, on connection: SQLiteConnection) throws(SQLiteError) -> Int64? {
        let select = try connection.statement("SELECT id FROM tenants WHERE name = ?1")
        defer { select.reset() }
        try select.bind(name.text, at: 1)
        return try select.step() ? select.integer(0) : nil
    }
}
