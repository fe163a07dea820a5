import HoldpointCore
import HoldpointEngine
import HoldpointPorts
import HoldpointTesting
import Testing

@Suite(.timeLimit(.minutes(1)))
struct AdministrationTests {
    @Test func `I5: a key that is made opens its tenant and project, and no other`() async throws {
        let scene = try await EngineScene()
        let engine = try scene.engine()
        let scopes: Set<KeyScope> = [.operate, .agents]
        let made = try await engine.createKey(of: scene.scope.tenant, project: scene.scope.project, scopes: scopes)
        let issued = try #require(made)
        let caller = try #require(try await engine.authenticate(issued.key.text))
        #expect(caller.tenant == scene.scope.tenant)
        #expect(caller.project == scene.scope.project)
        #expect(caller.scopes == scopes)
        #expect(try await engine.key(issued.key.id, of: scene.scope.tenant) == issued.record)
        let rival = scene.otherScope.tenant
        #expect(try await engine.key(issued.key.id, of: rival) == nil)
        #expect(try await engine.revokeKey(issued.key.id, of: rival) == nil)
        #expect(try await engine.rotateKey(issued.key.id, of: rival, grace: .seconds(1)) == nil)
        #expect(try await engine.authenticate(issued.key.text) == caller)
        let missing = try await engine.createKey(
            of: scene.scope.tenant, project: try ProjectName("nothing"), scopes: scopes)
        #expect(missing == nil)
    }

    @Test func `a rotated key has both secrets until the grace ends`() async throws {
        let scene = try await EngineScene()
        let engine = try scene.engine()
        let tenant = scene.scope.tenant
        let old = try #require(try await engine.createKey(of: tenant, project: nil, scopes: [.operate]))
        #expect(try await engine.authenticate(old.key.text) != nil)
        let new = try #require(try await engine.rotateKey(old.key.id, of: tenant, grace: .seconds(60)))
        #expect(new.key.id == old.key.id)
        // The same holder: what the key has opened stays the key's.
        let caller = try await engine.authenticate(new.key.text)
        #expect(caller?.principal == .key(old.key.id))
        #expect(try await engine.authenticate(old.key.text) == caller)
        scene.clock.advance(milliseconds: 59_999)
        #expect(try await engine.authenticate(old.key.text) == caller)
        scene.clock.advance(milliseconds: 1)
        #expect(try await engine.authenticate(old.key.text) == nil)
        #expect(try await engine.authenticate(new.key.text) == caller)
        // Without grace the old secret ends at once.
        let newest = try #require(try await engine.rotateKey(old.key.id, of: tenant, grace: .zero))
        #expect(try await engine.authenticate(new.key.text) == nil)
        #expect(try await engine.authenticate(newest.key.text) == caller)
    }

    @Test func `a revoked key opens nothing from the reply on, and cannot be rotated back`() async throws {
        let scene = try await EngineScene()
        let engine = try scene.engine()
        let tenant = scene.scope.tenant
        let issued = try #require(try await engine.createKey(of: tenant, project: nil, scopes: [.operate]))
        #expect(try await engine.authenticate(issued.key.text) != nil)
        let revoked = try #require(try await engine.revokeKey(issued.key.id, of: tenant))
        #expect(revoked.revokedAt == scene.clock.now())
        #expect(try await engine.authenticate(issued.key.text) == nil)
        #expect(try await engine.rotateKey(issued.key.id, of: tenant, grace: .seconds(60)) == nil)
        scene.clock.advance(milliseconds: 5)
        #expect(try await engine.revokeKey(issued.key.id, of: tenant) == revoked)
    }

    @Test func `a key that is revoked beside the server is refused once the cache has forgotten it`() async throws {
        var scene = try await EngineScene()
        scene.configure = { $0.cacheMilliseconds = 700 }
        let engine = try scene.engine()
        let tenant = scene.scope.tenant
        let issued = try #require(try await engine.createKey(of: tenant, project: nil, scopes: [.operate]))
        #expect(try await engine.authenticate(issued.key.text) != nil)
        _ = try await scene.journal.changeKey(issued.key.id, of: tenant, .revoke(at: scene.clock.now()))
        scene.clock.advance(milliseconds: 699)
        #expect(try await engine.authenticate(issued.key.text) != nil)
        scene.clock.advance(milliseconds: 1)
        #expect(try await engine.authenticate(issued.key.text) == nil)
    }

    @Test func `the operator's key is known by its whole text, and opens no project`() async throws {
        var scene = try await EngineScene()
        let key = try #require(APIKey("hp_root_0123456789abcdef"))
        let without = try scene.engine()
        #expect(await !without.isOperator(key.text))
        scene.configure = { $0.operatorKey = OperatorKey(key, hasher: SimulatedHasher()) }
        let engine = try scene.engine()
        #expect(await engine.isOperator(key.text))
        for other in ["hp_root_0123456789abcdee", "hp_roo_0123456789abcdef", "hp_root_0123456789abcdef0", "", "root"] {
            #expect(await !engine.isOperator(other))
        }
        #expect(try await engine.authenticate(key.text) == nil)
    }

    @Test func `tenants and projects that are made are listed in pages`() async throws {
        let scene = try await EngineScene()
        let engine = try scene.engine()
        let tenant = try TenantName("middle")
        #expect(try await engine.createTenant(tenant))
        #expect(try await !engine.createTenant(tenant))
        let first = try await engine.tenants(after: nil, limit: 2)
        #expect(first.items.map(\.text) == ["acme", "middle"])
        #expect(first.nextCursor == "middle")
        let second = try await engine.tenants(after: tenant, limit: 2)
        #expect(second.items.map(\.text) == ["rival"])
        #expect(second.nextCursor == nil)
        let scope = Scope(tenant: tenant, project: try ProjectName("one"))
        #expect(try await engine.createProject(scope) == true)
        #expect(try await engine.createProject(scope) == false)
        #expect(try await engine.hasProject(scope))
        #expect(try await engine.projects(of: tenant, after: nil, limit: 5)?.items.map(\.text) == ["one"])
        #expect(try await engine.projects(of: try TenantName("nobody"), after: nil, limit: 5) == nil)
        #expect(try await engine.createProject(Scope(tenant: try TenantName("nobody"), project: scope.project)) == nil)
    }
}
