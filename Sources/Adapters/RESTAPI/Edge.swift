import HTTPServer
import HoldpointCore
import HoldpointPorts

/// What all routes share, and the way into them: key, project, rights, parameters, body; in this order.
struct Edge: Sendable {
    let gateway: any SessionGateway
    let configuration: RESTConfiguration
    let sink = HTTPEventSink()

    /// Checks everything about a request that does not depend on its route's meaning.
    ///
    /// What is of another tenant or project is not found (I5), and that is judged before the rights, so that a key's
    /// rights tell nothing about other scopes.
    func call(
        _ request: HTTPRequest, _ route: Route, _ parameters: [String], _ client: RESTClient
    ) async throws -> Call {
        let caller = try await caller(of: request)
        let scope = try await scope(of: caller, route, parameters)
        guard !caller.scopes.isDisjoint(with: route.scopes) else { throw Problem.scopeMissing(route.scopes) }
        let preferences = try Preferences(request.headers.values("Prefer"), allowed: route.preferences, configuration)
        return Call(
            edge: self, request: request, route: route, parameters: parameters, caller: caller, scope: scope,
            query: try QueryReader.items(of: request, allowed: route.query), preferences: preferences,
            idempotencyKey: route.takesIdempotencyKey ? try IdempotencyKey.read(from: request) : nil,
            body: try BodyReader.value(of: request, route.body, configuration), client: client)
    }

    private func caller(of request: HTTPRequest) async throws -> Caller {
        let fields = request.headers.values("Authorization")
        guard !fields.isEmpty else {
            throw Problem.unauthenticated("a key is needed: Authorization: Bearer hp_…", challenge: "Bearer")
        }
        guard fields.count == 1, let token = BearerToken.text(of: fields[0]),
            let caller = try await gateway.authenticate(token)
        else {
            throw Problem.unauthenticated("the key is not valid", challenge: "Bearer error=\"invalid_token\"")
        }
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
