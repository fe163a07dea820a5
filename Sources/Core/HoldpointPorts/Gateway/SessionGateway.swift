package import HoldpointCore
import JSON

/// What the edges may ask of the engine.
///
/// Every call names a scope that the edge has checked against the caller's key; what is of another scope does not
/// exist (I5). A call returns only what is committed (I1).
package protocol SessionGateway:
    AdministrationGateway, AuditGateway, SecretGateway, PolicyGateway, PeopleGateway, WebhookGateway
{
    /// The holder of a bearer token, or nil. A new key is honoured at once.
    func authenticate(_ bearer: String) async throws(GatewayError) -> Caller?

    /// Whether the project exists.
    func hasProject(_ scope: Scope) async throws(GatewayError) -> Bool

    /// Whether commands are taken now; what is wrong otherwise, by part; and what is worse than it should be.
    func readiness() async -> Readiness

    /// Defines an agent.
    func putAgent(_ definition: AgentDefinition, in scope: Scope) async throws(GatewayError) -> AgentRecord

    /// The latest version of an agent.
    func agent(_ name: AgentName, in scope: Scope) async throws(GatewayError) -> AgentRecord

    /// A page of agents by name.
    func agents(in scope: Scope, after name: AgentName?, limit: Int) async throws(GatewayError) -> Page<AgentRecord>

    /// Starts a session, or finds the one that has the id already.
    func start(
        _ start: SessionStart, in scope: Scope, options: CommandOptions
    ) async throws(GatewayError) -> CommandResult

    /// Gives a command to a session by its id.
    func command(
        _ act: SessionAct, to session: SessionID, in scope: Scope, options: CommandOptions
    ) async throws(GatewayError) -> CommandResult

    /// Answers a request, sealing what is secret before anything is stored (I9).
    func answer(
        _ answer: RawAnswer, to request: RequestID, in scope: Scope, options: CommandOptions
    ) async throws(GatewayError) -> CommandResult

    /// Claims a request, lets it go, lets somebody else answer it, or asks it again.
    func act(
        _ act: RequestAct, on request: RequestID, in scope: Scope, options: CommandOptions
    ) async throws(GatewayError) -> CommandResult

    /// Withdraws a request.
    func withdraw(
        _ request: RequestID, reason: String?, in scope: Scope, options: CommandOptions
    ) async throws(GatewayError) -> CommandResult

    /// A session as it stands.
    func session(_ id: SessionID, in scope: Scope) async throws(GatewayError) -> SessionView

    /// A page of sessions, newest first.
    func sessions(
        status: SessionStatus?, agent: AgentName?, cursor: String?, limit: Int, in scope: Scope
    ) async throws(GatewayError) -> Page<SessionView>

    /// Waits until a session is no longer running, at most so long; returns it as it then stands.
    func session(
        _ id: SessionID, in scope: Scope, waiting: Duration
    ) async throws(GatewayError) -> SessionView

    /// A page of a session's log.
    func events(
        of id: SessionID, in scope: Scope, after sequence: Int64, limit: Int
    ) async throws(GatewayError) -> Page<WireEvent>

    /// One request.
    func request(_ id: RequestID, in scope: Scope) async throws(GatewayError) -> RequestView

    /// Waits until a request is no longer pending, at most so long; returns it as it then stands.
    func request(_ id: RequestID, in scope: Scope, waiting: Duration) async throws(GatewayError) -> RequestView

    /// A page of requests, newest first.
    func requests(
        status: RequestStatus?, type: RequestType?, session: SessionID?, cursor: String?, limit: Int, in scope: Scope
    ) async throws(GatewayError) -> Page<RequestView>

    /// The secret values of an answer, for the key that opened the request.
    func secrets(
        of request: RequestID, in scope: Scope, caller: Principal
    ) async throws(GatewayError) -> [(name: String, value: String)]

    /// A stored command and what became of it.
    func storedCommand(_ id: StoredCommandID, in scope: Scope) async throws(GatewayError) -> StoredCommandView

    /// Subscribes to a session's events after `sequence`: everything there is, then what comes, without gap or double.
    ///
    /// Returns once the subscription stands; the events flow into the sink until `unwatch` or the session's end.
    func watch(
        session id: SessionID, in scope: Scope, after sequence: Int64, subscriber: SubscriberID, sink: any EventSink
    ) async throws(GatewayError) -> WatchStart

    /// Subscribes to a project's feed after a position, or from now; only the given types, or all.
    func watch(
        feedOf scope: Scope, after position: FeedPosition?, types: Set<EventType>?, subscriber: SubscriberID,
        sink: any EventSink
    ) async throws(GatewayError) -> WatchStart

    /// Ends a subscription; nothing is sent to it after this returns.
    func unwatch(_ subscriber: SubscriberID, sink: any EventSink) async
}

/// How a subscription begins.
package enum WatchStart: Sendable, Equatable {
    /// Events will flow.
    case streaming
    /// The session has ended and everything up to its end was seen: there is nothing to stream.
    case nothingLeft
}

/// Who calls, and what their key allows.
package struct Caller: Sendable, Equatable {
    /// The key's holder.
    package let principal: Principal
    /// The tenant of the key.
    package let tenant: TenantName
    /// The one project that the key opens; nil for all of the tenant's.
    package let project: ProjectName?
    /// What the key allows.
    package let scopes: Set<KeyScope>

    package init(principal: Principal, tenant: TenantName, project: ProjectName?, scopes: Set<KeyScope>) {
        self.principal = principal
        self.tenant = tenant
        self.project = project
        self.scopes = scopes
    }
}

/// Whether a node takes commands.
package struct Readiness: Sendable, Equatable {
    /// The parts of the node, each with nil or what is wrong with it, by name.
    package let parts: [(name: String, problem: String?)]
    /// What is slower or staler than it should be while commands are taken all the same, a sentence for each.
    package let degradations: [String]

    package init(parts: [(name: String, problem: String?)], degradations: [String] = []) {
        self.parts = parts
        self.degradations = degradations
    }

    /// Whether commands are taken.
    package var isReady: Bool { parts.allSatisfy { $0.problem == nil } }

    package static func == (left: Self, right: Self) -> Bool {
        left.degradations == right.degradations && left.parts.count == right.parts.count
            && zip(left.parts, right.parts).allSatisfy { $0.name == $1.name && $0.problem == $1.problem }
    }
}

/// Why the engine did not do what an edge asked.
package enum GatewayError: Error, Sendable, Equatable {
    /// The state, the input or the caller's rights forbid it.
    case rejected(Rejection)
    /// Not now; the caller may try again after so long.
    case unavailable(String, retryAfter: Duration)
}

/// A page of a list.
package struct Page<Item: Sendable>: Sendable {
    /// The items, in the list's order.
    package let items: [Item]
    /// What to pass for the next page; nil when there is no more.
    package let nextCursor: String?

    package init(items: [Item], nextCursor: String?) {
        self.items = items
        self.nextCursor = nextCursor
    }
}
