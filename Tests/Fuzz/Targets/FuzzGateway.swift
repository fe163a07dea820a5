import HoldpointCore
import HoldpointPorts
import JSON

/// Lets everybody in, and has nothing: what is looked for is what comes before it.
struct FuzzGateway: SessionGateway {
    private static let nothing = GatewayError.rejected(Rejection(.sessionNotFound, "there is nothing here"))

    func authenticate(_ bearer: String) async -> Caller? {
        let scope = Place.identity.scope
        let isOfProject = bearer.hasSuffix("project")
        return Caller(
            principal: .key("fuzz"), tenant: scope.tenant, project: isOfProject ? scope.project : nil,
            scopes: Set(KeyScope.allCases))
    }

    func hasProject(_ scope: Scope) async -> Bool { true }
    func readiness() async -> Readiness { Readiness(parts: [("engine", nil)]) }

    func putAgent(_ definition: AgentDefinition, in scope: Scope) async throws(GatewayError) -> AgentRecord {
        throw Self.nothing
    }

    func agent(_ name: AgentName, in scope: Scope) async throws(GatewayError) -> AgentRecord { throw Self.nothing }

    func agents(in scope: Scope, after name: AgentName?, limit: Int) async -> Page<AgentRecord> {
        Page(items: [], nextCursor: nil)
    }

    func start(
        _ start: SessionStart, in scope: Scope, options: CommandOptions
    ) async throws(GatewayError) -> CommandResult { throw Self.nothing }

    func command(
        _ act: SessionAct, to session: SessionID, in scope: Scope, options: CommandOptions
    ) async throws(GatewayError) -> CommandResult { throw Self.nothing }

    func answer(
        _ answer: RawAnswer, to request: RequestID, in scope: Scope, options: CommandOptions
    ) async throws(GatewayError) -> CommandResult { throw Self.nothing }

    func act(
        _ act: RequestAct, on request: RequestID, in scope: Scope, options: CommandOptions
    ) async throws(GatewayError) -> CommandResult { throw Self.nothing }

    func putUser(_ user: User, in scope: Scope) async -> UserRecord? { nil }
    func user(_ id: UserID, in scope: Scope) async -> UserRecord? { nil }

    func users(in scope: Scope, after id: UserID?, limit: Int) async -> Page<UserRecord> {
        Page(items: [], nextCursor: nil)
    }

    func deleteUser(_ id: UserID, in scope: Scope) async -> Bool { false }

    func withdraw(
        _ request: RequestID, reason: String?, in scope: Scope, options: CommandOptions
    ) async throws(GatewayError) -> CommandResult { throw Self.nothing }

    func session(_ id: SessionID, in scope: Scope) async throws(GatewayError) -> SessionView { throw Self.nothing }

    func session(
        _ id: SessionID, in scope: Scope, waiting: Duration
    ) async throws(GatewayError) -> SessionView { throw Self.nothing }

    func sessions(
        status: SessionStatus?, agent: AgentName?, cursor: String?, limit: Int, in scope: Scope
    ) async -> Page<SessionView> { Page(items: [], nextCursor: nil) }

    func events(
        of id: SessionID, in scope: Scope, after sequence: Int64, limit: Int
    ) async -> Page<WireEvent> { Page(items: [], nextCursor: nil) }

    func request(_ id: RequestID, in scope: Scope) async throws(GatewayError) -> RequestView { throw Self.nothing }

    func request(
        _ id: RequestID, in scope: Scope, waiting: Duration
    ) async throws(GatewayError) -> RequestView { throw Self.nothing }

    func requests(
        status: RequestStatus?, type: RequestType?, session: SessionID?, cursor: String?, limit: Int, in scope: Scope
    ) async -> Page<RequestView> { Page(items: [], nextCursor: nil) }

    func secrets(
        of request: RequestID, in scope: Scope, caller: Principal
    ) async throws(GatewayError) -> [(name: String, value: String)] { throw Self.nothing }

    func storedCommand(_ id: StoredCommandID, in scope: Scope) async throws(GatewayError) -> StoredCommandView {
        throw Self.nothing
    }

    func watch(
        session id: SessionID, in scope: Scope, after sequence: Int64, subscriber: SubscriberID, sink: any EventSink
    ) async -> WatchStart { .nothingLeft }

    func watch(
        feedOf scope: Scope, after position: FeedPosition?, types: Set<EventType>?, subscriber: SubscriberID,
        sink: any EventSink
    ) async -> WatchStart { .nothingLeft }

    func unwatch(_ subscriber: SubscriberID, sink: any EventSink) async {}
}

extension FuzzGateway {
    func putPolicy(
        _ document: JSONValue, by principal: Principal, in scope: Scope
    ) async throws(GatewayError) -> PolicyRecord { throw Self.nothing }

    func policy(version: Int64?, in scope: Scope) async throws(GatewayError) -> PolicyRecord { throw Self.nothing }

    func policies(in scope: Scope, before version: Int64?, limit: Int) async -> Page<PolicyRecord> {
        Page(items: [], nextCursor: nil)
    }

    func evaluatePolicy(
        on call: JSONValue, under document: JSONValue?, in scope: Scope
    ) async throws(GatewayError) -> PolicyTrial { throw Self.nothing }

    func putSecret(_ name: SecretName, _ value: SecretValue, in scope: Scope) async -> ProjectSecretEntry? { nil }

    func secrets(in scope: Scope, after name: SecretName?, limit: Int) async -> Page<ProjectSecretEntry> {
        Page(items: [], nextCursor: nil)
    }

    func deleteSecret(_ name: SecretName, in scope: Scope) async -> Bool { false }

    func isOperator(_ bearer: String) async -> Bool { bearer.hasSuffix("operator") }
    func nodes() async -> [NodeRecord] { [] }

    func tenants(after name: TenantName?, limit: Int) async -> Page<TenantName> { Page(items: [], nextCursor: nil) }
    func createTenant(_ tenant: TenantName) async -> Bool { true }

    func projects(of tenant: TenantName, after name: ProjectName?, limit: Int) async -> Page<ProjectName>? {
        Page(items: [], nextCursor: nil)
    }

    func createProject(_ scope: Scope) async -> Bool? { true }
    func retention(of scope: Scope) async -> RetentionSetting? { nil }
    func setRetention(_ policy: RetentionPolicy?, of scope: Scope) async -> Bool { true }

    func keys(of tenant: TenantName, after id: String?, limit: Int) async -> Page<KeyRecord>? {
        Page(items: [], nextCursor: nil)
    }

    func key(_ id: String, of tenant: TenantName) async -> KeyRecord? { nil }
    func createKey(of tenant: TenantName, project: ProjectName?, scopes: Set<KeyScope>) async -> IssuedKey? { nil }
    func rotateKey(_ id: String, of tenant: TenantName, grace: Duration) async -> IssuedKey? { nil }
    func revokeKey(_ id: String, of tenant: TenantName) async -> KeyRecord? { nil }
}

extension FuzzGateway {
    private static let noWebhook = GatewayError.rejected(Rejection(.webhookNotFound, "there is none"))

    func putWebhook(_ definition: WebhookDefinition, in scope: Scope) async throws(GatewayError) -> IssuedWebhook {
        throw Self.noWebhook
    }

    func webhook(in scope: Scope) async throws(GatewayError) -> WebhookView { throw Self.noWebhook }

    func rotateWebhook(grace: Duration, in scope: Scope) async throws(GatewayError) -> IssuedWebhook {
        throw Self.noWebhook
    }

    func deleteWebhook(in scope: Scope) async -> Bool { false }

    func deliveries(
        status: DeliveryState.Status?, cursor: String?, limit: Int, in scope: Scope
    ) async -> Page<DeliveryRecord> { Page(items: [], nextCursor: nil) }

    func redeliver(_ id: DeliveryID, in scope: Scope) async throws(GatewayError) -> DeliveryRecord {
        throw Self.noWebhook
    }
}
