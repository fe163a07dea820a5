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

    mutating func changeKey(_ id: String, of tenant: TenantName, _ change: KeyChange) -> KeyRecord? {
        guard let record = keys[id], record.tenant == tenant else { return nil }
        let changed = record.changed(by: change)
        keys[id] = changed
        return changed
    }

    func tenants(after name: TenantName?, limit: Int) -> [TenantName] {
        Array(tenants.filter { tenant in name.map { tenant > $0 } ?? true }.sorted().prefix(limit))
    }

    func projects(of tenant: TenantName, after name: ProjectName?, limit: Int) -> [ProjectName]? {
        guard tenants.contains(tenant) else { return nil }
        let names = projects.filter { $0.tenant == tenant }.map(\.project)
        return Array(names.filter { project in name.map { project > $0 } ?? true }.sorted().prefix(limit))
    }

    func keys(of tenant: TenantName, after id: String?, limit: Int) -> [KeyRecord]? {
        guard tenants.contains(tenant) else { return nil }
        let records = keys.values.filter { record in record.tenant == tenant && (id.map { record.id > $0 } ?? true) }
        return Array(records.sorted { $0.id < $1.id }.prefix(limit))
    }

    mutating func putAgent(_ definition: AgentDefinition, in scope: Scope, at time: Timestamp) -> AgentRecord {
        let latest = agents[scope]?[definition.name]?.last
        if let latest, latest.definition == definition { return latest }
        let record = AgentRecord(definition: definition, version: (latest?.version ?? 0) + 1, createdAt: time)
        agents[scope, default: [:]][definition.name, default: []].append(record)
        return record
    }

    func agents(in scope: Scope, after name: AgentName?, limit: Int) -> [AgentRecord] {
        let records = (agents[scope] ?? [:]).values.compactMap(\.last).filter { record in
            name.map { record.definition.name > $0 } ?? true
        }
        return page(of: records.sorted { $0.definition.name < $1.definition.name }, limit: limit)
    }

    func versions(of name: AgentName, in scope: Scope, before version: Int64?, limit: Int) -> [AgentRecord] {
        let records = (agents[scope]?[name] ?? []).filter { record in version.map { record.version < $0 } ?? true }
        return page(of: records.reversed(), limit: limit)
    }

    private func page(of records: [AgentRecord], limit: Int) -> [AgentRecord] {
        var page: [AgentRecord] = []
        var bytes = 0
        for record in records.prefix(limit) where bytes < JournalPage.bytes {
            bytes += record.documentBytes
            page.append(record)
        }
        return page
    }
}
