package import HoldpointCore
package import HoldpointPorts

extension MemoryJournal {
    package func createTenant(_ tenant: TenantName) async throws(JournalError) -> Bool {
        store.withState { $0.createTenant(tenant) }
    }

    package func createProject(_ scope: Scope) async throws(JournalError) -> Bool? {
        store.withState { $0.createProject(scope) }
    }

    package func hasProject(_ scope: Scope) async throws(JournalError) -> Bool {
        store.withState { $0.projects.contains(scope) }
    }

    package func isEmpty() async throws(JournalError) -> Bool { store.withState { $0.tenants.isEmpty } }

    package func retention(of scope: Scope) async throws(JournalError) -> RetentionPolicy? {
        store.withState { $0.retentions[scope] }
    }

    package func setRetention(
        _ policy: RetentionPolicy?, of scope: Scope
    ) async throws(JournalError) -> Bool {
        store.withState { $0.setRetention(policy, of: scope) }
    }

    package func retentions(after scope: Scope?, limit: Int) async throws(JournalError) -> [ProjectRetention] {
        store.withState { $0.retentions(after: scope, limit: limit) }
    }

    package func createKey(_ key: KeyRecord) async throws(JournalError) -> Bool {
        store.withState { $0.createKey(key) }
    }

    package func key(_ id: String) async throws(JournalError) -> KeyRecord? { store.withState { $0.keys[id] } }

    package func tenants(after name: TenantName?, limit: Int) async throws(JournalError) -> [TenantName] {
        store.withState { $0.tenants(after: name, limit: limit) }
    }

    package func projects(
        of tenant: TenantName, after name: ProjectName?, limit: Int
    ) async throws(JournalError) -> [ProjectName]? {
        store.withState { $0.projects(of: tenant, after: name, limit: limit) }
    }

    package func keys(
        of tenant: TenantName, after id: String?, limit: Int
    ) async throws(JournalError) -> [KeyRecord]? {
        store.withState { $0.keys(of: tenant, after: id, limit: limit) }
    }

    package func changeKey(
        _ id: String, of tenant: TenantName, _ change: KeyChange
    ) async throws(JournalError) -> KeyRecord? {
        store.withState { $0.changeKey(id, of: tenant, change) }
    }

    package func putAgent(_ definition: AgentDefinition, in scope: Scope) async throws(JournalError) -> AgentRecord {
        store.withState { $0.putAgent(definition, in: scope, at: clock.now()) }
    }

    package func agent(_ name: AgentName, in scope: Scope) async throws(JournalError) -> AgentRecord? {
        store.withState { $0.agents[scope]?[name]?.last }
    }

    package func agent(
        _ name: AgentName, version: Int64, in scope: Scope
    ) async throws(JournalError) -> AgentRecord? {
        store.withState { store in store.agents[scope]?[name]?.first { $0.version == version } }
    }

    package func versions(
        of name: AgentName, in scope: Scope, before version: Int64?, limit: Int
    ) async throws(JournalError) -> [AgentRecord] {
        store.withState { $0.versions(of: name, in: scope, before: version, limit: limit) }
    }

    package func agents(
        in scope: Scope, after name: AgentName?, limit: Int
    ) async throws(JournalError) -> [AgentRecord] {
        store.withState { $0.agents(in: scope, after: name, limit: limit) }
    }
}
