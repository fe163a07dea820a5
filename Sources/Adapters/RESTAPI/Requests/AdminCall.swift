import HTTPServer
import HoldpointCore
import HoldpointPorts
import JSON

/// Who administers, and what.
struct Administrator: Sendable {
    /// The one tenant that may be administered; nil for the operator, who may administer all.
    let tenant: TenantName?
    /// What keys may be given: nothing that the administrator has not.
    let scopes: Set<KeyScope>
}

/// A request about tenants, projects, keys or nodes that was let in.
struct AdminCall: Sendable {
    let gateway: any SessionGateway
    let configuration: RESTConfiguration
    let parameters: [String: String]
    let administrator: Administrator
    let query: [String: String]
    let body: JSONValue

    /// The tenant in the path, which the administrator has been found to have.
    let tenant: TenantName?

    /// The tenant that the route is about.
    func requiredTenant() throws(Problem) -> TenantName {
        guard let tenant else { throw Problem.tenantNotFound }
        return tenant
    }

    /// The `limit` of a list.
    func listLimit() throws(Problem) -> Int {
        guard let text = query["limit"] else { return Int(configuration.standardListLimit) }
        guard let number = Call.number(text), (1...configuration.maximumListLimit).contains(number) else {
            throw Problem.invalid("query:limit", "must be a whole number from 1 to \(configuration.maximumListLimit)")
        }
        return Int(number)
    }

    /// The cursor of a list, as the last page gave it.
    func cursor<Name>(_ make: (String) -> Name?) throws(Problem) -> Name? {
        guard let text = query["cursor"] else { return nil }
        guard let name = make(text) else {
            throw Problem(Rejection(.cursorInvalid, "this cursor was not given out for this list"))
        }
        return name
    }

    /// Reads the body with a strict reader; throws all that does not fit.
    func read<Value>(_ build: (inout JSONObjectReader) -> Value?) throws(Problem) -> Value {
        var reader = JSONObjectReader(body)
        let value = build(&reader)
        let violations = reader.finish()
        guard violations.isEmpty, let value else { throw Problem.invalid(violations) }
        return value
    }
}

extension Edge {
    /// Lets an administrator in: the operator, or a key of a whole tenant that may operate.
    ///
    /// Another tenant is not found (I5), and that is judged before the rights.
    func adminCall(
        _ request: HTTPRequest, _ route: Route, _ values: [String], noting visit: inout Visit
    ) async throws -> AdminCall {
        let names = route.parameterNames.map(String.init)
        let parameters = Dictionary(zip(names, values), uniquingKeysWith: { first, _ in first })
        let named = parameters["tenant"].map { try? TenantName($0) }
        if let named, named == nil { throw Problem.tenantNotFound }
        let administrator = try await administrator(of: request, route, tenant: named ?? nil, noting: &visit)
        return AdminCall(
            gateway: gateway, configuration: configuration, parameters: parameters, administrator: administrator,
            query: try QueryReader.items(of: request, allowed: route.query),
            body: try BodyReader.value(of: request, route.body, configuration), tenant: named ?? nil)
    }

    private func administrator(
        of request: HTTPRequest, _ route: Route, tenant: TenantName?, noting visit: inout Visit
    ) async throws -> Administrator {
        let token = try token(of: request)
        if await gateway.isOperator(token) {
            return Administrator(tenant: nil, scopes: Set(KeyScope.allCases))
        }
        let caller = try await caller(of: token)
        visit.record.caller = caller
        try takeToken(of: caller, noting: &visit)
        if let tenant, tenant != caller.tenant { throw Problem.tenantNotFound }
        guard !caller.scopes.isDisjoint(with: route.scopes) else { throw Problem.scopeMissing(route.scopes) }
        guard caller.project == nil else { throw Problem.tenantKeyRequired }
        return Administrator(tenant: caller.tenant, scopes: caller.scopes)
    }
}

extension Problem {
    /// An unknown or foreign tenant (I5).
    static let tenantNotFound = Problem(
        status: 404, code: "tenant_not_found", detail: "there is no such tenant for this key")

    /// An unknown or foreign key (I5).
    static let keyNotFound = Problem(status: 404, code: "key_not_found", detail: "there is no such key")

    /// A key of one project where one of the whole tenant is needed.
    static let tenantKeyRequired = forbidden(
        "tenant_key_required", "this key is for one project; this route needs a key of the whole tenant")

    /// A tenant's key where the operator's is needed.
    static let operatorRequired = forbidden("operator_required", "this takes the operator's own key")

    /// Scopes that are not the giver's to give.
    static func scopesBeyond(_ scopes: Set<KeyScope>) -> Problem {
        let names = KeyScope.allCases.filter { scopes.contains($0) }.map(\.rawValue)
        return forbidden("scope_missing", "the key lacks what it would give: \(names.joined(separator: ", "))")
    }

    private static func forbidden(_ code: String, _ detail: String) -> Problem {
        var problem = Problem(status: 403, code: code, detail: detail)
        problem.headers["WWW-Authenticate"] = "Bearer error=\"insufficient_scope\""
        return problem
    }
}
