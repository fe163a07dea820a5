import HTTPServer
import HoldpointCore
import HoldpointPorts
import JSON
import RESTAPI
import Testing

/// Tenants, projects and keys over REST; each answer is held against the API's own description by the fixture.
struct RESTAdministrationTests {
    private static let routes = Route.all.filter(\.isAdministrative)

    /// A call of a route that is answered well.
    private static func sample(_ route: Route, tenant: String = "acme") -> (target: String, body: String?) {
        let target = route.template.replacing("{tenant}", with: tenant)
            .replacing("{id}", with: RESTScriptedGateway.keyID).replacing("{project}", with: "default")
        let body =
            switch route.template.split(separator: "/").last {
            case "tenants", "projects": #"{"name":"fresh"}"#
            case "keys": #"{"scopes":["operate"],"project":"default"}"#
            case "retention": #"{"finished_after_days":30,"mode":"archive"}"#
            default: "{}"
            }
        return (target, route.body == .none ? nil : body)
    }

    private static let retention = "/v1/admin/tenants/acme/projects/default/retention"

    private static func fixture(_ scopes: Set<KeyScope> = Set(KeyScope.allCases)) throws -> RESTFixture {
        try RESTFixture(keys: [RESTScriptedGateway.tenantKey: try RESTScriptedGateway.tenantCaller(scopes)])
    }

    private static func call(
        _ fixture: RESTFixture, _ route: Route, tenant: String = "acme", key: String? = RESTScriptedGateway.tenantKey
    ) async -> RESTFixture.Answer {
        let (target, body) = sample(route, tenant: tenant)
        return await fixture.call(route.method, target, body, key: key)
    }

    private static func isOperatorsAlone(_ route: Route) -> Bool {
        route.template == "/v1/admin/nodes" || route.template == "/v1/tenants" && route.method == .post
    }

    @Test func `there are thirteen routes`() { #expect(Self.routes.count == 13) }

    @Test(arguments: routes.indices)
    func `the operator may call every route for every tenant`(index: Int) async throws {
        let fixture = try Self.fixture()
        let answer = await Self.call(fixture, Self.routes[index], key: RESTScriptedGateway.operatorKey)
        #expect(200..<300 ~= answer.status)
    }

    @Test(arguments: routes.indices)
    func `a tenant's key with operate may call every route but the operator's own`(index: Int) async throws {
        let route = Self.routes[index]
        let answer = await Self.call(try Self.fixture(), route)
        if Self.isOperatorsAlone(route) {
            #expect(answer.status == 403)
            #expect(answer.code == "operator_required")
        } else {
            #expect(200..<300 ~= answer.status)
        }
    }

    @Test(arguments: routes.indices)
    func `I5: a tenant's key finds no other tenant, whatever it may do there`(index: Int) async throws {
        let route = Self.routes[index]
        guard route.template.contains("{tenant}") else { return }
        for scopes in [Set(KeyScope.allCases), []] {
            for tenant in ["evil", "nobody", "NO", "a%2Fb"] {
                let fixture = try Self.fixture(scopes)
                let answer = await Self.call(fixture, route, tenant: tenant)
                #expect(answer.status == 404)
                #expect(answer.code == "tenant_not_found")
                #expect(fixture.gateway.calls.isEmpty)
            }
        }
    }

    @Test(arguments: routes.indices)
    func `without a key, with a project's key or without operate nothing is asked`(index: Int) async throws {
        let route = Self.routes[index]
        for (key, scopes, status, code) in [
            (nil, Set(KeyScope.allCases), 401, "unauthenticated"),
            ("hp_no_0123456789abcdef", Set(KeyScope.allCases), 401, "unauthenticated"),
            (RESTScriptedGateway.fullKey, Set(KeyScope.allCases), 403, "tenant_key_required"),
            (RESTScriptedGateway.tenantKey, Set(KeyScope.allCases).subtracting([.operate]), 403, "scope_missing"),
        ] {
            let fixture = try Self.fixture(scopes)
            let answer = await Self.call(fixture, route, key: key)
            #expect(answer.status == status)
            #expect(answer.code == code)
            #expect(answer.headers["WWW-Authenticate"]?.hasPrefix("Bearer") == true)
            #expect(fixture.gateway.calls.isEmpty)
        }
    }

    @Test func `the operator's key opens no project`() async throws {
        let answer = await (try Self.fixture()).call(.get, "/sessions", key: RESTScriptedGateway.operatorKey)
        #expect(answer.status == 401)
    }

    @Test func `I5: a tenant's key is shown its own tenant alone, the operator all`() async throws {
        let fixture = try Self.fixture()
        let own = await fixture.call(.get, "/v1/tenants", key: RESTScriptedGateway.tenantKey)
        #expect(own.json == ["items": [["name": "acme"]], "next_cursor": .null, "has_more": false])
        #expect(fixture.gateway.calls.isEmpty)
        let past = await fixture.call(.get, "/v1/tenants?cursor=acme", key: RESTScriptedGateway.tenantKey)
        #expect(past.json["items"] == [])
        fixture.gateway.change { $0.nextCursor = "acme" }
        let page = await fixture.call(.get, "/v1/tenants?cursor=a&limit=1", key: RESTScriptedGateway.operatorKey)
        #expect(page.json["has_more"] == true)
        #expect(fixture.gateway.calls.last?.detail == "after a limit 1")
    }

    @Test func `the nodes are shown as they are, the dead among them`() async throws {
        let answer = await (try Self.fixture()).call(.get, "/v1/admin/nodes", key: RESTScriptedGateway.operatorKey)
        let live: JSONValue = [
            "name": "a", "started_at": "1970-01-01T00:00:01.000Z", "renewed_at": "1970-01-01T00:00:02.000Z",
            "live": true, "shards": 256, "release": "2.0", "formats": 3,
        ]
        let dead: JSONValue = [
            "name": "b", "started_at": "1970-01-01T00:00:01.000Z", "renewed_at": .null, "live": false, "shards": 0,
            "release": .null, "formats": .null,
        ]
        #expect(answer.json == ["items": [live, dead], "next_cursor": .null, "has_more": false])
    }

    @Test func `a key cannot give what it has not, be it by making or by rotating`() async throws {
        let fixture = try Self.fixture([.operate])
        let keys = "/v1/tenants/acme/keys"
        for (target, body) in [(keys, #"{"scopes":["operate","secrets"]}"#), ("\(keys)/k1/rotate", "{}")] {
            let answer = await fixture.call(.post, target, body, key: RESTScriptedGateway.tenantKey)
            #expect(answer.status == 403)
            #expect(answer.code == "scope_missing")
        }
        #expect(!fixture.gateway.calls.contains { $0.name == "createKey" || $0.name == "rotateKey" })
        let given = await fixture.call(.post, keys, #"{"scopes":["operate"]}"#, key: RESTScriptedGateway.tenantKey)
        #expect(given.status == 201)
        #expect(given.json["key"] == "hp_made_0123456789abcdef")
        #expect(given.json["project"] == .null)
    }

    @Test(arguments: [
        ("POST", "/v1/tenants", #"{"name":"UPPER"}"#, "/name"), ("POST", "/v1/tenants", "{}", "/name"),
        ("POST", "/v1/tenants", #"{"name":"a","b":1}"#, "/b"),
        ("POST", "/v1/tenants/acme/projects", #"{"name":1}"#, "/name"),
        ("POST", "/v1/tenants/acme/keys", "{}", "/scopes"),
        ("POST", "/v1/tenants/acme/keys", #"{"scopes":[]}"#, "/scopes"),
        ("POST", "/v1/tenants/acme/keys", #"{"scopes":["root"]}"#, "/scopes"),
        ("POST", "/v1/tenants/acme/keys", #"{"scopes":["operate"],"project":"a/b"}"#, "/project"),
        ("POST", "/v1/tenants/acme/keys", #"{"scopes":["operate"],"project":"nothing"}"#, "/project"),
        ("POST", "/v1/tenants/acme/keys/k1/rotate", #"{"grace_seconds":-1}"#, "/grace_seconds"),
        ("POST", "/v1/tenants/acme/keys/k1/rotate", #"{"grace_seconds":2592001}"#, "/grace_seconds"),
        ("POST", "/v1/tenants/acme/keys/k1/revoke", #"{"why":1}"#, "/why"),
        ("PUT", retention, #"{"finished_after_days":1}"#, "/mode"),
        ("PUT", retention, #"{"mode":"delete"}"#, "/finished_after_days"),
        ("PUT", retention, #"{"finished_after_days":0,"mode":"delete"}"#, "/finished_after_days"),
        ("PUT", retention, #"{"finished_after_days":1.5,"mode":"delete"}"#, "/finished_after_days"),
        ("PUT", retention, #"{"finished_after_days":36501,"mode":"delete"}"#, "/finished_after_days"),
        ("PUT", retention, #"{"finished_after_days":1,"mode":"forget"}"#, "/mode"),
        ("GET", "/v1/tenants/acme/keys?limit=0", "", "query:limit"),
    ])
    func `what does not fit is named`(method: String, target: String, body: String, pointer: String) async throws {
        let method = try #require(HTTPMethod(rawValue: method))
        let answer = await (try Self.fixture()).call(
            method, target, body.isEmpty ? nil : body, key: RESTScriptedGateway.operatorKey)
        #expect(answer.status == 422)
        #expect(answer.pointers == [pointer])
    }

    @Test(arguments: ["tenants", "tenants/acme/projects", "tenants/acme/keys"], ["", "%20", "a%2Fb", "k_1"])
    func `a cursor that no page gave is refused`(list: String, cursor: String) async throws {
        let fixture = try Self.fixture()
        let target = "/v1/\(list)?cursor=\(cursor)"
        let answer = await fixture.call(.get, target, key: RESTScriptedGateway.operatorKey)
        #expect(answer.code == "cursor_invalid")
        #expect(fixture.gateway.calls.isEmpty)
    }

    @Test func `what is there already is 409, a revoked key as well, and what is not there 404`() async throws {
        let fixture = try Self.fixture()
        func post(_ target: String, _ body: String) async -> RESTFixture.Answer {
            await fixture.call(.post, target, body, key: RESTScriptedGateway.operatorKey)
        }
        #expect(await post("/v1/tenants", #"{"name":"acme"}"#).code == "tenant_exists")
        #expect(await post("/v1/tenants/acme/projects", #"{"name":"default"}"#).code == "project_exists")
        #expect(await post("/v1/tenants/evil/projects", #"{"name":"default"}"#).code == "tenant_not_found")
        #expect(await post("/v1/tenants/acme/keys/k2/rotate", "{}").code == "key_not_found")
        #expect(await post("/v1/tenants/acme/keys/k2/revoke", "{}").code == "key_not_found")
        fixture.gateway.change { $0.isStored = true }
        let revoked = await post("/v1/tenants/acme/keys/k1/rotate", "{}")
        #expect(revoked.status == 409)
        #expect(revoked.code == "key_revoked")
    }

    @Test func `a rotation has a grace with an end, a day unless it says otherwise`() async throws {
        let fixture = try Self.fixture()
        for (body, seconds) in [("{}", 86_400), (#"{"grace_seconds":60}"#, 60), (#"{"grace_seconds":0}"#, 0)] {
            let answer = await fixture.call(
                .post, "/v1/tenants/acme/keys/k1/rotate", body, key: RESTScriptedGateway.tenantKey)
            #expect(answer.status == 200)
            #expect(answer.json["id"] == "k1")
            #expect(fixture.gateway.calls.last?.detail == "k1 \(Duration.seconds(seconds))")
            let end = Timestamp(milliseconds: Int64(seconds) * 1_000).description
            #expect(answer.json["replaced_valid_until"] == .string(end))
        }
    }

    @Test func `a project's retention is told, set and lifted, and no other project's`() async throws {
        let fixture = try Self.fixture()
        func call(_ method: HTTPMethod, _ target: String, _ body: String? = nil) async -> RESTFixture.Answer {
            await fixture.call(method, target, body, key: RESTScriptedGateway.tenantKey)
        }
        let told = await call(.get, Self.retention)
        #expect(told.json == ["finished_after_days": 30, "mode": "archive"])
        let set = await call(.put, Self.retention, #"{"finished_after_days":7,"mode":"delete"}"#)
        #expect(set.json == ["finished_after_days": 7, "mode": "delete"])
        #expect(fixture.gateway.calls.last?.detail == "delete after 7")
        #expect(await call(.delete, Self.retention).status == 204)
        #expect(fixture.gateway.calls.last?.detail == "none")
        fixture.gateway.change { $0.isStored = true }
        let kept = await call(.get, Self.retention)
        #expect(kept.json == ["finished_after_days": nil, "mode": nil])
        for project in ["nothing", "NO"] {
            let target = "/v1/admin/tenants/acme/projects/\(project)/retention"
            #expect(await call(.get, target).code == "project_not_found")
            #expect(
                await call(.put, target, #"{"finished_after_days":7,"mode":"delete"}"#).code == "project_not_found")
            #expect(await call(.delete, target).code == "project_not_found")
        }
    }
}
