import HoldpointCore
import HoldpointPorts

/// The same gateway's tenants, projects and keys: `acme` with its project and one key, and `evil` without any.
extension RESTScriptedGateway {
    static let operatorKey = "hp_root_0123456789abcdef"
    static let tenantKey = "hp_tenant_0123456789abcdef"
    static let keyID = "k1"

    /// A key of the whole of `acme` with these scopes.
    static func tenantCaller(_ scopes: Set<KeyScope> = Set(KeyScope.allCases)) throws -> Caller {
        Caller(principal: .key("tenant"), tenant: try TenantName("acme"), project: nil, scopes: scopes)
    }

    func isOperator(_ bearer: String) async -> Bool { bearer == Self.operatorKey }

    func nodes() async throws(GatewayError) -> [NodeRecord] {
        try note("nodes", home)
        guard let live = try? NodeName("a"), let dead = try? NodeName("b") else { return [] }
        let start = Timestamp(milliseconds: 1_000)
        return [
            NodeRecord(
                name: live, startedAt: start, renewedAt: Timestamp(milliseconds: 2_000), isLive: true, shards: 256,
                release: "2.0", formats: 3),
            NodeRecord(name: dead, startedAt: start, renewedAt: nil, isLive: false, shards: 0),
        ]
    }

    func tenants(after name: TenantName?, limit: Int) async throws(GatewayError) -> Page<TenantName> {
        try note("tenants", home, detail: "after \(name?.text ?? "-") limit \(limit)")
        return Page(items: [home.tenant], nextCursor: state.nextCursor)
    }

    func createTenant(_ tenant: TenantName) async throws(GatewayError) -> Bool {
        try note("createTenant", home, detail: tenant.text)
        return tenant != home.tenant
    }

    func projects(
        of tenant: TenantName, after name: ProjectName?, limit: Int
    ) async throws(GatewayError) -> Page<ProjectName>? {
        try note("projects", Scope(tenant: tenant, project: home.project), detail: "after \(name?.text ?? "-")")
        return tenant == home.tenant ? Page(items: [home.project], nextCursor: state.nextCursor) : nil
    }

    func createProject(_ scope: Scope) async throws(GatewayError) -> Bool? {
        try note("createProject", scope)
        return scope.tenant == home.tenant ? scope.project != home.project : nil
    }

    func retention(of scope: Scope) async throws(GatewayError) -> RetentionSetting? {
        try note("retention", scope)
        let policy = RetentionPolicy(finishedAfterDays: 30, mode: .archive)
        return scope == home ? RetentionSetting(policy: state.isStored ? nil : policy) : nil
    }

    func setRetention(_ policy: RetentionPolicy?, of scope: Scope) async throws(GatewayError) -> Bool {
        let detail = policy.map { "\($0.mode.rawValue) after \($0.finishedAfterDays)" } ?? "none"
        try note("setRetention", scope, detail: detail)
        return scope == home
    }

    func keys(of tenant: TenantName, after id: String?, limit: Int) async throws(GatewayError) -> Page<KeyRecord>? {
        try note("keys", Scope(tenant: tenant, project: home.project), detail: "after \(id ?? "-")")
        return tenant == home.tenant ? Page(items: [record], nextCursor: state.nextCursor) : nil
    }

    func key(_ id: String, of tenant: TenantName) async throws(GatewayError) -> KeyRecord? {
        try note("key", Scope(tenant: tenant, project: home.project), detail: id)
        return tenant == home.tenant && id == Self.keyID ? record : nil
    }

    func createKey(
        of tenant: TenantName, project: ProjectName?, scopes: Set<KeyScope>
    ) async throws(GatewayError) -> IssuedKey? {
        let names = scopes.map(\.rawValue).sorted().joined(separator: " ")
        try note("createKey", Scope(tenant: tenant, project: project ?? home.project), detail: names)
        guard tenant == home.tenant, project == nil || project == home.project else { return nil }
        return issued(
            KeyRecord(
                id: "made", secretDigest: record.secretDigest, tenant: tenant, project: project, scopes: scopes,
                createdAt: Timestamp(milliseconds: 0)))
    }

    func rotateKey(
        _ id: String, of tenant: TenantName, grace: Duration
    ) async throws(GatewayError) -> IssuedKey? {
        try note("rotateKey", Scope(tenant: tenant, project: home.project), detail: "\(id) \(grace)")
        let end = Timestamp(milliseconds: 1_000 * grace.components.seconds)
        let change = KeyChange.rotate(to: record.secretDigest, at: Timestamp(milliseconds: 0), graceEnd: end)
        return state.isStored ? nil : issued(record.changed(by: change))
    }

    func revokeKey(_ id: String, of tenant: TenantName) async throws(GatewayError) -> KeyRecord? {
        try note("revokeKey", Scope(tenant: tenant, project: home.project), detail: id)
        let isHere = tenant == home.tenant && id == Self.keyID
        return isHere ? record.changed(by: .revoke(at: Timestamp(milliseconds: 5))) : nil
    }

    private var record: KeyRecord {
        let half = Identifier128(high: 1, low: 2)
        return KeyRecord(
            id: Self.keyID, secretDigest: Digest(first: half, second: half), tenant: home.tenant,
            project: home.project, scopes: [.operate, .agents], createdAt: Timestamp(milliseconds: 0))
    }

    private func issued(_ record: KeyRecord) -> IssuedKey? {
        APIKey("hp_\(record.id)_0123456789abcdef").map { IssuedKey(record: record, key: $0) }
    }
}
