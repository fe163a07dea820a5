package import HoldpointCore
package import HoldpointPorts

extension Engine {
    package func isOperator(_ bearer: String) async -> Bool {
        services.configuration.operatorKey?.admits(bearer, hasher: services.ports.hasher) ?? false
    }

    package func tenants(after name: TenantName?, limit: Int) async throws(GatewayError) -> Page<TenantName> {
        let found = try await reading { () throws(JournalError) in
            try await self.services.ports.directory.tenants(after: name, limit: limit + 1)
        }
        return Page(of: found, limit: limit, cursor: \.text)
    }

    package func createTenant(_ tenant: TenantName) async throws(GatewayError) -> Bool {
        try await reading { () throws(JournalError) in
            try await self.services.ports.directory.createTenant(tenant)
        }
    }

    package func projects(
        of tenant: TenantName, after name: ProjectName?, limit: Int
    ) async throws(GatewayError) -> Page<ProjectName>? {
        let found = try await reading { () throws(JournalError) in
            try await self.services.ports.directory.projects(of: tenant, after: name, limit: limit + 1)
        }
        return found.map { Page(of: $0, limit: limit, cursor: \.text) }
    }

    package func createProject(_ scope: Scope) async throws(GatewayError) -> Bool? {
        try await reading { () throws(JournalError) in
            try await self.services.ports.directory.createProject(scope)
        }
    }

    package func keys(
        of tenant: TenantName, after id: String?, limit: Int
    ) async throws(GatewayError) -> Page<KeyRecord>? {
        let found = try await reading { () throws(JournalError) in
            try await self.services.ports.directory.keys(of: tenant, after: id, limit: limit + 1)
        }
        return found.map { Page(of: $0, limit: limit, cursor: \.id) }
    }

    package func key(_ id: String, of tenant: TenantName) async throws(GatewayError) -> KeyRecord? {
        let found = try await reading { () throws(JournalError) in
            try await self.services.ports.directory.key(id)
        }
        return found.flatMap { $0.tenant == tenant ? $0 : nil }
    }

    package func createKey(
        of tenant: TenantName, project: ProjectName?, scopes: Set<KeyScope>
    ) async throws(GatewayError) -> IssuedKey? {
        let ports = services.ports
        let key = APIKey(from: ports.entropy)
        let record = key.record(
            tenant: tenant, project: project, scopes: scopes, at: ports.clock.now(), hasher: ports.hasher)
        let isStored = try await reading { () throws(JournalError) in try await ports.directory.createKey(record) }
        return isStored ? IssuedKey(record: record, key: key) : nil
    }

    package func rotateKey(
        _ id: String, of tenant: TenantName, grace: Duration
    ) async throws(GatewayError) -> IssuedKey? {
        let ports = services.ports
        let key = APIKey(id: id, from: ports.entropy)
        let digest = key.digest(ports.hasher)
        let now = ports.clock.now()
        let graceEnd = now.adding(milliseconds: max(0, grace.components.seconds) * 1_000)
        let record = try await change(id, of: tenant, .rotate(to: digest, at: now, graceEnd: graceEnd))
        // A revoked key has not taken the secret.
        guard let record, record.secretDigest == digest else { return nil }
        return IssuedKey(record: record, key: key)
    }

    package func revokeKey(_ id: String, of tenant: TenantName) async throws(GatewayError) -> KeyRecord? {
        try await change(id, of: tenant, .revoke(at: services.ports.clock.now()))
    }

    private func change(
        _ id: String, of tenant: TenantName, _ change: KeyChange
    ) async throws(GatewayError) -> KeyRecord? {
        let result: Result<KeyRecord?, GatewayError>
        do throws(GatewayError) {
            result = .success(
                try await reading { () throws(JournalError) in
                    try await self.services.ports.directory.changeKey(id, of: tenant, change)
                })
        } catch {
            // It may have been done all the same.
            result = .failure(error)
        }
        await access.forgetKey(id)
        return try result.get()
    }
}

extension Page {
    /// The first of what was found, which is one more than the limit if there is another page.
    init(of found: [Item], limit: Int, cursor: (Item) -> String) {
        let items = Array(found.prefix(limit))
        self.init(items: items, nextCursor: found.count > limit ? items.last.map(cursor) : nil)
    }
}
