package import HoldpointCore
package import HoldpointPorts
import PostgresClient

extension PostgresJournal: Directory {
    package func createTenant(_ tenant: TenantName) async throws(JournalError) -> Bool {
        try await change { pool throws(PostgresError) in try await TenantRow.insert(tenant, on: pool) }
    }

    package func createProject(_ scope: Scope) async throws(JournalError) -> Bool? {
        try await change { pool throws(PostgresError) in try await TenantRow.insert(scope, on: pool) }
    }

    package func hasProject(_ scope: Scope) async throws(JournalError) -> Bool {
        try await numbers(of: scope) != nil
    }

    package func isEmpty() async throws(JournalError) -> Bool {
        try await read { queries throws(PostgresError) in try await TenantRow.isEmpty(on: queries.unscoped) }
    }

    package func tenants(after name: TenantName?, limit: Int) async throws(JournalError) -> [TenantName] {
        try await read { queries throws(PostgresError) in
            try await TenantRow.page(after: name, limit: limit, on: queries.unscoped)
        }
    }

    package func projects(
        of tenant: TenantName, after name: ProjectName?, limit: Int
    ) async throws(JournalError) -> [ProjectName]? {
        try await read { queries throws(PostgresError) in
            guard let number = try await TenantRow.number(of: tenant, on: queries.unscoped) else { return nil }
            return try await TenantRow.projects(of: number, after: name, limit: limit, on: queries.unscoped)
        }
    }

    package func putAgent(_ definition: AgentDefinition, in scope: Scope) async throws(JournalError) -> AgentRecord {
        guard let project = try await numbers(of: scope) else {
            throw .refused("the project \(scope) does not exist")
        }
        for _ in 0..<Self.attempts {
            let latest = try await read { queries throws(PostgresError) in
                try await AgentRow.latest(definition.name, in: project, queries)
            }
            if let latest, latest.definition == definition { return latest }
            let record = AgentRecord(
                definition: definition, version: (latest?.version ?? 0) + 1, createdAt: clock.now())
            // The number is taken if another node was faster: what it has put may be the same.
            let isNext = try await change { pool throws(PostgresError) in
                try await AgentRow.insert(record, in: project, on: pool)
            }
            if isNext { return record }
        }
        throw .unavailable("the agent \(definition.name) is being changed by too many at once")
    }

    package func agent(_ name: AgentName, in scope: Scope) async throws(JournalError) -> AgentRecord? {
        try await read(in: scope) { project, queries throws(PostgresError) in
            try await AgentRow.latest(name, in: project, queries)
        } ?? nil
    }

    package func agent(
        _ name: AgentName, version: Int64, in scope: Scope
    ) async throws(JournalError) -> AgentRecord? {
        try await read(in: scope) { project, queries throws(PostgresError) in
            try await AgentRow.version(version, of: name, in: project, queries)
        } ?? nil
    }

    package func versions(
        of name: AgentName, in scope: Scope, before version: Int64?, limit: Int
    ) async throws(JournalError) -> [AgentRecord] {
        try await read(in: scope) { project, queries throws(PostgresError) in
            try await AgentRow.versions(of: name, before: version, limit: limit, in: project, queries)
        } ?? []
    }

    package func agents(
        in scope: Scope, after name: AgentName?, limit: Int
    ) async throws(JournalError) -> [AgentRecord] {
        try await read(in: scope) { project, queries throws(PostgresError) in
            try await AgentRow.page(after: name, limit: limit, in: project, queries)
        } ?? []
    }
}

extension PostgresJournal {
    package func createKey(_ key: KeyRecord) async throws(JournalError) -> Bool {
        try await change { pool throws(PostgresError) in try await KeyRow.insert(key, on: pool) }
    }

    package func key(_ id: String) async throws(JournalError) -> KeyRecord? {
        try await read { queries throws(PostgresError) in try await KeyRow.select(id, on: queries.unscoped) }
    }

    package func keys(
        of tenant: TenantName, after id: String?, limit: Int
    ) async throws(JournalError) -> [KeyRecord]? {
        try await read { queries throws(PostgresError) in
            guard let number = try await TenantRow.number(of: tenant, on: queries.unscoped) else { return nil }
            return try await KeyRow.page(after: id, limit: limit, tenant: number, on: queries.unscoped)
        }
    }

    package func changeKey(
        _ id: String, of tenant: TenantName, _ change: KeyChange
    ) async throws(JournalError) -> KeyRecord? {
        for _ in 0..<Self.attempts {
            guard let record = try await key(id), record.tenant == tenant else { return nil }
            let changed = record.changed(by: change)
            if changed == record { return record }
            let isChanged = try await self.change { pool throws(PostgresError) in
                try await KeyRow.update(record, to: changed, on: pool)
            }
            if isChanged { return changed }
        }
        throw .unavailable("the key \(id) is being changed by too many at once")
    }
}

extension PostgresJournal {
    /// How often a change that depends on what is stored is begun anew because another one was faster.
    ///
    /// Each time another one was made, so that nobody waits for somebody who does nothing.
    static let attempts = 64

    /// Writes; only as `holdpoint_engine`, and without a fence: any node may.
    func change<Output>(
        _ body: (PostgresPool) async throws(PostgresError) -> Output
    ) async throws(JournalError) -> Output {
        do throws(PostgresError) {
            return try await body(writer)
        } catch {
            throw JournalError(error)
        }
    }

    /// Reads within a project; nil if there is no such project.
    func read<Output>(
        in scope: Scope, _ query: (ProjectNumbers, JournalQueries) async throws(PostgresError) -> Output
    ) async throws(JournalError) -> Output? {
        try await read { queries throws(PostgresError) in
            guard let project = try await queries.projects.numbers(of: scope) else { return nil }
            return try await query(project, queries)
        }
    }
}
