import HTTPServer
import HoldpointCore
import HoldpointPorts
import JSON
import RESTAPI
import Testing

/// Keys: who they are, which project they open, and what they may do there.
@Suite(.timeLimit(.minutes(1)))
struct RESTAccessTests {
    private static func caller(
        _ tenant: String, _ project: String?, _ scopes: Set<KeyScope> = Set(KeyScope.allCases)
    ) throws -> Caller {
        Caller(
            principal: .key("other"), tenant: try TenantName(tenant), project: try project.map { try ProjectName($0) },
            scopes: scopes)
    }

    private static let foreignKey = "hp_foreign_0123456789abcdef"

    @Test(arguments: [
        nil, "", "Basic aHA6eA==", "Bearer", "Bearer ", "Bearer hp_unknown_0123456789abcdef", "Bearer token",
        "Bearer hp_\u{E9}", "Bearer hp_a b", "Bearer hp_" + String(repeating: "x", count: 300),
    ])
    func `a request without a valid key is 401 and says how to authenticate`(header: String?) async throws {
        let fixture = try RESTFixture()
        let answer = await fixture.call(
            .get, "/sessions", headers: header.map { ["Authorization": $0] } ?? [:], key: nil)
        #expect(answer.status == 401)
        #expect(answer.code == "unauthenticated")
        #expect(answer.headers["WWW-Authenticate"]?.hasPrefix("Bearer") == true)
        if let header, header.count > 10 { #expect(!answer.text.contains(header.suffix(8))) }
        #expect(fixture.gateway.calls.isEmpty)
    }

    @Test func `two keys at once are none`() async throws {
        let fixture = try RESTFixture()
        let answer = await fixture.call(
            .get, "/sessions", headers: ["Authorization": "Bearer \(RESTScriptedGateway.fullKey)"])
        #expect(answer.status == 401)
    }

    @Test func `the scheme has no case`() async throws {
        let fixture = try RESTFixture()
        let answer = await fixture.call(
            .get, "/sessions", headers: ["Authorization": "bearer \(RESTScriptedGateway.fullKey)"], key: nil)
        #expect(answer.status == 200)
    }

    /// Every route that is about a project's things.
    private static let guarded = Route.all.filter { !$0.scopes.isEmpty && !$0.isAdministrative }

    @Test(arguments: guarded.map(\.template).indices)
    func `I5: another tenant's key finds nothing on any route, in a project of the same name`(
        index: Int
    ) async throws {
        let route = Self.guarded[index]
        let foreign = try Self.caller("evil", "default")
        let fixture = try RESTFixture(keys: [Self.foreignKey: foreign])
        let (target, body) = RESTFixture.sampleCall(of: route)
        let answer = await fixture.call(route.method, target, body, key: Self.foreignKey)
        // The gateway is asked in the scope of the caller's key and in no other.
        for call in fixture.gateway.calls { #expect(call.scope.tenant == foreign.tenant) }
        // What is put need not be there.
        if route.method == .put { return }
        if route.template.contains("{id}") || route.template.hasSuffix("hitl/respond") {
            #expect(answer.status == 404)
        }
        #expect(!answer.text.contains("acme"))
    }

    @Test(arguments: guarded.filter(\.isOfProject).map(\.template).indices)
    func `I5: a key of another project, or of a tenant without it, is 404 before anything is asked`(
        index: Int
    ) async throws {
        let route = Self.guarded.filter(\.isOfProject)[index]
        let (target, body) = RESTFixture.sampleCall(of: route)
        for foreign in [
            try Self.caller("acme", "second"), try Self.caller("evil", nil), try Self.caller("acme", "second", []),
        ] {
            let fixture = try RESTFixture(keys: [Self.foreignKey: foreign])
            let answer = await fixture.call(route.method, target, body, key: Self.foreignKey)
            #expect(answer.status == 404)
            #expect(answer.code == "project_not_found")
            #expect(fixture.gateway.calls.isEmpty)
        }
    }

    @Test(arguments: ["DEFAULT", "de_fault", "a%2Fb", String(repeating: "a", count: 64), "%20"])
    func `a project that cannot be is 404`(name: String) async throws {
        let tenantKey = try Self.caller("acme", nil)
        let fixture = try RESTFixture(keys: [Self.foreignKey: tenantKey])
        let answer = await fixture.call(.get, "/v1/projects/\(name)/sessions", key: Self.foreignKey)
        #expect(answer.code == "project_not_found")
    }

    @Test func `a tenant's key opens each of its projects, but not the route that takes its project from the key`()
        async throws
    {
        let fixture = try RESTFixture(keys: [Self.foreignKey: try Self.caller("acme", nil)])
        #expect(await fixture.call(.get, "/sessions/s1", key: Self.foreignKey).status == 200)
        let id = RESTSamples.requestID(.permission)
        let answer = await fixture.call(
            .post, "/v1/agent/hitl/respond", #"{"request":"\#(id)","response":{}}"#, key: Self.foreignKey)
        #expect(answer.status == 422)
        #expect(answer.code == "project_required")
    }

    @Test(arguments: guarded.map(\.template).indices)
    func `each route asks for one of its scopes and for no other`(index: Int) async throws {
        let route = Self.guarded[index]
        for scope in KeyScope.allCases {
            let (target, body) = RESTFixture.sampleCall(of: route, with: scope)
            let fixture = try RESTFixture(keys: [Self.foreignKey: try Self.caller("acme", "default", [scope])])
            let answer = await fixture.call(route.method, target, body, key: Self.foreignKey)
            if route.scopes.contains(scope) {
                #expect(200...299 ~= answer.status)
            } else {
                #expect(answer.status == 403)
                #expect(answer.code == "scope_missing")
                #expect(answer.headers["WWW-Authenticate"]?.contains("insufficient_scope") == true)
                #expect(fixture.gateway.calls.isEmpty)
            }
        }
    }

    @Test func `the scopes are those of the contract`() {
        let expected: [(String, [KeyScope])] = [
            ("PUT /agents/{name}", [.agents]), ("GET /agents", [.agents, .sessionsRead]),
            ("POST /sessions", [.sessionsWrite]), ("GET /sessions/{id}/stream", [.sessionsRead]),
            ("POST /sessions/{id}/requests", [.sessionsWrite]), ("POST /sessions/{id}/pause", [.operate]),
            ("POST /sessions/{id}/resume", [.operate]),
            ("POST /requests/{id}/respond", [.requestsRespond, .respondAs]),
            ("POST /requests/respond", [.requestsRespond, .respondAs]), ("POST /requests/{id}/claim", [.respondAs]),
            ("POST /requests/{id}/reopen", [.sessionsWrite, .respondAs]), ("PUT /users/{id}", [.operate]),
            ("GET /users", [.sessionsRead]), ("DELETE /users/{id}", [.operate]),
            ("POST /requests/{id}/cancel", [.sessionsWrite]), ("POST /requests/{id}/secret", [.secrets]),
            ("GET /requests/{id}/receipt", [.sessionsRead]), ("GET /audit", [.operate]),
            ("GET /audit/head", [.operate]),
            ("GET /commands/{id}", [.operate, .sessionsRead, .sessionsWrite, .requestsRespond]),
            ("GET /stream", [.sessionsRead]), ("PUT /secrets/{name}", [.secretsWrite]),
            ("GET /secrets", [.agents, .secretsWrite]), ("DELETE /secrets/{name}", [.secretsWrite]),
            ("PUT /webhook", [.operate]), ("GET /webhook", [.operate]), ("POST /webhook/rotate", [.operate]),
            ("POST /webhook/deliveries/{id}/redeliver", [.operate]),
        ]
        for (name, scopes) in expected {
            let found = Route.all.first {
                "\($0.method.rawValue) \($0.template.replacing("/v1/projects/{project}", with: ""))" == name
            }
            #expect(found?.scopes == scopes, "\(name)")
        }
    }

    @Test func `every route is documented by one sentence and found under its own path`() async throws {
        #expect(Route.all.count == 67)
        for route in Route.all { #expect(route.summary.hasSuffix(".")) }
        #expect(Set(Route.all.map { "\($0.method) \($0.template)" }).count == Route.all.count)
    }
}
