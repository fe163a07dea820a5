import HoldpointCore
import HoldpointPorts

extension MemoryStore {
    mutating func createTenant(_ tenant: TenantName) -> Bool { tenants.insert(tenant).inserted }

    mutating func createProject(_ scope: Scope) -> Bool? {
        tenants.contains(scope.tenant) ? projects.insert(scope).inserted : nil
    }

    mutating func createKey(_ key: KeyRecord) -> Bool {
        let isKnown = key.project.map { projects.contains(Scope(tenant: key.tenant, project: $0)) }
        guard isKnown ?? tenants.contains(key.tenant), keys[key.id] == nil else { return false }
        keys[key.id] = key
        return true
    }

    mutating func putAgent(_ definition: AgentDefinition, in scope: Scope, at time: Timestamp) -> AgentRecord {
        let latest = agents[scope]?[definition.name]
        if let latest, latest.definition == definition { return latest }
        let record = AgentRecord(definition: definition, version: (latest?.version ?? 0) + 1, createdAt: time)
        agents[scope, default: [:]][definition.name] = record
        return record
    }

    func agents(in scope: Scope, after name: AgentName?, limit: Int) -> [AgentRecord] {
        let records = (agents[scope] ?? [:]).values.filter { record in
            name.map { record.definition.name > $0 } ?? true
        }
        return Array(records.sorted { $0.definition.name < $1.definition.name }.prefix(limit))
    }
}
