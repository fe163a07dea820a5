package import HoldpointCore
package import HoldpointPorts
import SQLiteClient

extension SQLiteJournal: Directory {
    package func createTenant(_ tenant: TenantName) async throws(JournalError) -> Bool {
        try await write { database throws(SQLiteError) in try database.createTenant(tenant) }
    }

    package func createProject(_ scope: Scope) async throws(JournalError) -> Bool? {
        try await write { database throws(SQLiteError) in try database.createProject(scope) }
    }

    package func hasProject(_ scope: Scope) async throws(JournalError) -> Bool {
        try await read { queries throws(SQLiteError) in try queries.project(scope) != nil }
    }

    package func isEmpty() async throws(JournalError) -> Bool {
        try await read { queries throws(SQLiteError) in try queries.isEmpty() }
    }

    package func retention(of scope: Scope) async throws(JournalError) -> RetentionPolicy? {
        try await read { queries throws(SQLiteError) in try queries.retention(of: scope) }
    }

    package func setRetention(_ policy: RetentionPolicy?, of scope: Scope) async throws(JournalError) -> Bool {
        try await write { database throws(SQLiteError) in try database.setRetention(policy, of: scope) }
    }

    package func retentions(after scope: Scope?, limit: Int) async throws(JournalError) -> [ProjectRetention] {
        try await read { queries throws(SQLiteError) in try queries.retentions(after: scope, limit: limit) }
    }

    package func createKey(_ key: KeyRecord) async throws(JournalError) -> Bool {
        try await write { database throws(SQLiteError) in try database.createKey(key) }
    }

    package func key(_ id: String) async throws(JournalError) -> KeyRecord? {
        try await read { queries throws(SQLiteError) in try KeyRow.select(id, on: queries.connection) }
    }

    package func tenants(after name: TenantName?, limit: Int) async throws(JournalError) -> [TenantName] {
        try await read { queries throws(SQLiteError) in try queries.tenants(after: name, limit: limit) }
    }

    package func projects(
        of tenant: TenantName, after name: ProjectName?, limit: Int
    ) async throws(JournalError) -> [ProjectName]? {
        try await read { queries throws(SQLiteError) in try queries.projects(of: tenant, after: name, limit: limit) }
    }

    package func keys(
        of tenant: TenantName, after id: String?, limit: Int
    ) async throws(JournalError) -> [KeyRecord]? {
        try await read { queries throws(SQLiteError) in try queries.keys(of: tenant, after: id, limit: limit) }
    }

    package func changeKey(
        _ id: String, of tenant: TenantName, _ change: KeyChange
    ) async throws(JournalError) -> KeyRecord? {
        try await write { database throws(SQLiteError) in try database.changeKey(id, of: tenant, change) }
    }

    package func putAgent(_ definition: AgentDefinition, in scope: Scope) async throws(JournalError) -> AgentRecord {
        let now = clock.now()
        let bytes = AgentRecord(definition: definition, version: 0, createdAt: now).documentBytes
        return try await write(bytes: 4_096 + bytes) { database throws(SQLiteError) in
            try database.putAgent(definition, in: scope, now: now)
        }
    }

    package func agent(_ name: AgentName, in scope: Scope) async throws(JournalError) -> AgentRecord? {
        try await read { queries throws(SQLiteError) in try queries.agent(name, in: scope) }
    }

    package func agent(
        _ name: AgentName, version: Int64, in scope: Scope
    ) async throws(JournalError) -> AgentRecord? {
        try await read { queries throws(SQLiteError) in try queries.agent(name, version: version, in: scope) }
    }

    package func versions(
        of name: AgentName, in scope: Scope, before version: Int64?, limit: Int
    ) async throws(JournalError) -> [AgentRecord] {
        try await read { queries throws(SQLiteError) in
            try queries.versions(of: name, in: scope, before: version, limit: limit)
        }
    }

    package func agents(
        in scope: Scope, after name: AgentName?, limit: Int
    ) async throws(JournalError) -> [AgentRecord] {
        try await read { queries throws(SQLiteError) in try queries.agents(in: scope, after: name, limit: limit) }
    }
}
