import HTTPServer
import HoldpointCore
import HoldpointPorts

/// What all routes share, and the way into them: key, project, rights, parameters, body; in this order.
struct Edge: Sendable {
    let gateway: any SessionGateway
    let configuration: RESTConfiguration
    /// The keys' quotas, if they have any.
    let limiter: RateLimiter?
    let sink = HTTPEventSink()
    private let beginning = ContinuousClock.now

    init(gateway: any SessionGateway, configuration: RESTConfiguration) {
        self.gateway = gateway
        self.configuration = configuration
        limiter = configuration.rateLimit.map { RateLimiter($0) }
    }

    /// Checks everything about a request that does not depend on its route's meaning.
    ///
    /// What is of another tenant or project is not found (I5), and that is judged before the rights, so that a key's
    /// rights tell nothing about other scopes. What is found out goes into the visit's record, also if it is refused.
    func call(
        _ request: HTTPRequest, _ route: Route, _ parameters: [String], _ client: RESTClient,
        noting visit: inout Visit
    ) async throws -> Call {
        let caller = try await caller(of: try token(of: request))
        visit.record.caller = caller
        try takeToken(of: caller, noting: &visit)
        let scope = try await scope(of: caller, route, parameters)
        visit.record.project = scope.project.text
        guard !caller.scopes.isDisjoint(with: route.scopes) else { throw Problem.scopeMissing(route.scopes) }
        let preferences = try Preferences(request.headers.values("Prefer"), allowed: route.preferences, configuration)
        return Call(
            edge: self, request: request, route: route, parameters: parameters, caller: caller, scope: scope,
            query: try QueryReader.items(of: request, allowed: route.query), preferences: preferences,
            idempotencyKey: route.takesIdempotencyKey ? try IdempotencyKey.read(from: request) : nil,
            body: try BodyReader.value(of: request, route.body, configuration), client: client)
    }

    func takeToken(of caller: Caller, noting visit: inout Visit) throws(Problem) {
        guard let limiter else { return }
        let (seconds, attoseconds) = beginning.duration(to: .now).components
        let verdict = limiter.take(caller.principal.text, at: seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
        visit.quota = verdict
        if case .refused(let seconds) = verdict {
            throw .rateLimited(limiter.limit, retryInSeconds: seconds)
        }
    }

    /// The bearer token of a request.
    func token(of request: HTTPRequest) throws(Problem) -> String {
        let fields = request.headers.values("Authorization")
        guard !fields.isEmpty else {
            throw Problem.unauthenticated("a key is needed: Authorization: Bearer hp_…", challenge: "Bearer")
        }
        guard fields.count == 1, let token = BearerToken.text(of: fields[0]) else { throw .invalidKey }
        return token
    }

    /// The holder of a key.
    func caller(of token: String) async throws -> Caller {
        guard let caller = try await gateway.authenticate(token) else { throw Problem.invalidKey }
        return caller
    }

    private func scope(of caller: Caller, _ route: Route, _ parameters: [String]) async throws -> Scope {
        guard route.isOfProject else {
            guard let project = caller.project else { throw Problem.projectRequired }
            return Scope(tenant: caller.tenant, project: project)
        }
        guard let text = parameters.first, let project = try? ProjectName(text) else { throw Problem.projectNotFound }
        let scope = Scope(tenant: caller.tenant, project: project)
        if let own = caller.project {
            guard own == project else { throw Problem.projectNotFound }
        } else {
            guard try await gateway.hasProject(scope) else { throw Problem.projectNotFound }
        }
        return scope
    }
}
