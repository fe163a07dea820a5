import HoldpointCore
import HoldpointPorts
import HoldpointTesting
import JSON
import PostgresClient
import PostgresJournal
import Testing

extension PostgresJournalTests {
    struct DirectoryTests {
        /// Runs `body` with four nodes of one store, which together write on eight connections.
        private func withNodes(_ body: ([PostgresJournal], Scope) async throws -> Void) async throws {
            try await PostgresScene.run { base in
                var nodes: [PostgresJournal] = []
                for _ in 0..<4 {
                    nodes.append(
                        try await base.journal {
                            $0.readers = 2
                            $0.overseers = 1
                        })
                }
                let scope = Scope(tenant: try TenantName("acme"), project: try ProjectName("billing"))
                _ = try await nodes[0].createTenant(scope.tenant)
                _ = try await nodes[0].createProject(scope)
                try await body(nodes, scope)
            }
        }

        /// Runs `body` so many times at once, on each node in turn.
        private func race<Output: Sendable>(
            _ count: Int, _ nodes: [PostgresJournal],
            _ body: @escaping @Sendable (Int, PostgresJournal) async throws -> Output
        ) async throws -> [Output] {
            try await withThrowingTaskGroup(of: Output.self) { group in
                for number in 0..<count {
                    let node = nodes[number % nodes.count]
                    group.addTask { try await body(number, node) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
        }

        private static func agent(_ number: Int64) throws -> AgentDefinition {
            AgentDefinition(
                name: try AgentName("clerk"), program: .workflow, definition: ["n": .integer(number)],
                inputSchema: nil, labels: [:])
        }

        private static func digest(_ number: Int) -> Digest { SimulatedHasher().sha256([UInt8(number)]) }

        @Test func `an agent that many put at once has one version if they agree, and one for each if not`()
            async throws
        {
            try await withNodes { nodes, scope in
                let same = try await race(16, nodes) { _, node in
                    try await node.putAgent(try Self.agent(0), in: scope)
                }
                #expect(Set(same.map(\.version)) == [1])
                let different = try await race(16, nodes) { number, node in
                    try await node.putAgent(try Self.agent(Int64(number + 1)), in: scope)
                }
                #expect(different.map(\.version).sorted() == Array(2...17))
                let stored = try await nodes[3].versions(
                    of: try AgentName("clerk"), in: scope, before: nil, limit: 99)
                #expect(stored.map(\.version) == Array(1...17).reversed())
                for record in different { #expect(stored.contains(record)) }
            }
        }

        @Test func `a key that many rotate at once has each secret replaced once, and none after it is revoked`()
            async throws
        {
            try await withNodes { nodes, scope in
                let key = KeyRecord(
                    id: "k", secretDigest: Self.digest(100), tenant: scope.tenant, project: scope.project,
                    scopes: [.operate], createdAt: WritingScene.time(0))
                #expect(try await nodes[0].createKey(key))
                let records = try await race(16, nodes) { number, node in
                    let change = KeyChange.rotate(
                        to: Self.digest(number), at: WritingScene.time(Int64(number)), graceEnd: WritingScene.time(999))
                    return try await node.changeKey("k", of: scope.tenant, change)
                }
                // Each rotation replaced what another one had left: no two replaced the same secret.
                let replaced = records.compactMap { $0?.replaced?.digest }
                #expect(Set(replaced).count == 16)
                let last = try #require(try await nodes[1].key("k"))
                #expect(records.contains(last))
                #expect(!replaced.contains(last.secretDigest))
                let mixed = try await race(8, nodes) { number, node in
                    let change: KeyChange =
                        number == 3
                        ? .revoke(at: WritingScene.time(500))
                        : .rotate(to: Self.digest(number), at: WritingScene.time(600), graceEnd: WritingScene.time(999))
                    return try await node.changeKey("k", of: scope.tenant, change)
                }
                #expect(mixed.count == 8)
                let revoked = try #require(try await nodes[2].key("k"))
                #expect(revoked.revokedAt == WritingScene.time(500))
                #expect(revoked.replaced == nil)
            }
        }

        @Test func `a project never has more secrets than it may, however many put them at once`() async throws {
            try await PostgresScene.run { base in
                let nodes = [try await base.journal(), try await base.journal()]
                let scope = Scope(tenant: try TenantName("acme"), project: try ProjectName("billing"))
                _ = try await nodes[0].createTenant(scope.tenant)
                _ = try await nodes[0].createProject(scope)
                // Whoever has counted, and adds a secret, waits there for as long as the transaction below lasts.
                try await base.execute(
                    """
                    insert into project_secrets(tenant, project, name, box, updated)
                    select tenant, id, 'S' || n, '', 0
                    from projects, generate_series(2, \(ProjectSecretLimits.perProject)) n
                    """,
                    """
                    create function wait() returns trigger language plpgsql as $$
                    begin
                        perform pg_advisory_xact_lock_shared(7);
                        return new;
                    end
                    $$
                    """,
                    "create trigger wait before insert on project_secrets for each row execute function wait()")
                let putting = try await base.pool.transaction { transaction throws(PostgresError) in
                    _ = try await transaction.run(PostgresStatement("select pg_advisory_xact_lock(7)"))
                    let putting = nodes.enumerated().map { number, node in
                        Task {
                            let name = try SecretName("T\(number)")
                            let secret = ProjectSecret(name: name, box: [2], updatedAt: WritingScene.time(1))
                            return try await node.putSecret(secret, in: scope)
                        }
                    }
                    _ = try? await base.wait(until: Self.waiting, isAtLeast: 2)
                    return putting
                }
                let taken = [try await putting[0].value, try await putting[1].value]
                #expect(taken.count { $0 } == 1)
                let entries = try await nodes[0].secrets(in: scope, after: nil, limit: 999)
                #expect(entries.count == ProjectSecretLimits.perProject)
            }
        }

        private static let waiting = """
            select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
              and application_name like 'holdpoint:%:write'
            """

        @Test func `a tenant and a project are made once, and every node knows them at once`() async throws {
            try await withNodes { nodes, _ in
                let scope = Scope(tenant: try TenantName("late"), project: try ProjectName("one"))
                for node in nodes { #expect(try await !node.hasProject(scope)) }
                let tenants = try await race(8, nodes) { _, node in try await node.createTenant(scope.tenant) }
                #expect(tenants.count { $0 } == 1)
                let projects = try await race(8, nodes) { _, node in try await node.createProject(scope) }
                #expect(projects.count { $0 == true } == 1)
                #expect(projects.count { $0 == false } == 7)
                for node in nodes { #expect(try await node.hasProject(scope)) }
            }
        }

        @Test func `the id of a key may be asked for with U+0000 in it, which none has`() async throws {
            try await withNodes { nodes, scope in
                for id in ["a", "ab", "b"] {
                    let key = KeyRecord(
                        id: id, secretDigest: SimulatedHasher().sha256([1]), tenant: scope.tenant, project: nil,
                        scopes: [.operate], createdAt: WritingScene.time(0))
                    #expect(try await nodes[0].createKey(key))
                    #expect(try await !nodes[1].createKey(key))
                }
                #expect(try await nodes[0].key("a\u{0}") == nil)
                let page = try await nodes[0].keys(of: scope.tenant, after: "a\u{0}x", limit: 9)
                #expect(page?.map(\.id) == ["ab", "b"])
            }
        }
    }
}
