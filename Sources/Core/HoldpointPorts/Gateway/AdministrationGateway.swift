package import HoldpointCore

/// What the edges may ask about tenants, projects and keys.
///
/// Every call but the first four names a tenant that the edge has checked against the caller's key; what is of another
/// tenant does not exist (I5).
package protocol AdministrationGateway: Sendable {
    /// Whether a bearer token is the operator's own, which is set where the server runs and opens every tenant.
    func isOperator(_ bearer: String) async -> Bool

    /// The nodes that share the store, by name; there are as many as have ever been, and few.
    func nodes() async throws(GatewayError) -> [NodeRecord]

    /// A page of all tenants by name.
    func tenants(after name: TenantName?, limit: Int) async throws(GatewayError) -> Page<TenantName>

    /// Makes a tenant; false if there is one by that name.
    func createTenant(_ tenant: TenantName) async throws(GatewayError) -> Bool

    /// A page of a tenant's projects by name; nil if the tenant is unknown.
    func projects(
        of tenant: TenantName, after name: ProjectName?, limit: Int
    ) async throws(GatewayError) -> Page<ProjectName>?

    /// Makes a project; false if there is one by that name, nil if the tenant is unknown.
    func createProject(_ scope: Scope) async throws(GatewayError) -> Bool?

    /// What becomes of a project's sessions some time after they ended; nil if the project is unknown.
    func retention(of scope: Scope) async throws(GatewayError) -> RetentionSetting?

    /// Sets that; nil keeps them. False if the project is unknown.
    func setRetention(_ policy: RetentionPolicy?, of scope: Scope) async throws(GatewayError) -> Bool

    /// A page of a tenant's keys by id; nil if the tenant is unknown.
    func keys(of tenant: TenantName, after id: String?, limit: Int) async throws(GatewayError) -> Page<KeyRecord>?

    /// A key of a tenant; nil if it has none of that id.
    func key(_ id: String, of tenant: TenantName) async throws(GatewayError) -> KeyRecord?

    /// Makes a key for a whole tenant, or one project of it; nil if there is no such tenant or project.
    func createKey(
        of tenant: TenantName, project: ProjectName?, scopes: Set<KeyScope>
    ) async throws(GatewayError) -> IssuedKey?

    /// Gives a key another secret; the one before opens for the grace yet.
    ///
    /// Nil if there is no such key, or it is revoked.
    func rotateKey(
        _ id: String, of tenant: TenantName, grace: Duration
    ) async throws(GatewayError) -> IssuedKey?

    /// Revokes a key: from now on it opens nothing on this node.
    ///
    /// Again, it changes nothing. Nil if there is no such key.
    func revokeKey(_ id: String, of tenant: TenantName) async throws(GatewayError) -> KeyRecord?
}

/// A key as it is told once: what is stored of it, and the whole of it.
package struct IssuedKey: Sendable, Equatable {
    /// What is stored.
    package let record: KeyRecord
    /// The key itself.
    package let key: APIKey

    package init(record: KeyRecord, key: APIKey) {
        self.record = record
        self.key = key
    }
}
