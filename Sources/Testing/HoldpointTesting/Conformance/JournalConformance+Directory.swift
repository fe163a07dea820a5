import HoldpointCore
import HoldpointPorts
import JSON

extension JournalConformance {
    static let directory: [ConformanceCase<Store>] = [
        ConformanceCase("a store is empty until it holds a tenant") { store in
            try expect(try await store.isEmpty(), "a fresh store is empty")
            let scope = try JournalScene.scope("acme", "billing")
            let project = try await store.createProject(scope)
            try expect(project == nil, "a project of an unknown tenant was made")
            let first = try await store.createTenant(scope.tenant)
            let second = try await store.createTenant(scope.tenant)
            try expectEqual([first, second], [true, false], "whether the tenant was made")
            try expect(!(try await store.isEmpty()), "a store with a tenant is not empty")
            let isThere = try await store.hasProject(scope)
            try expect(!isThere, "a project was there before it was made")
            let made = try await store.createProject(scope)
            let again = try await store.createProject(scope)
            try expectEqual([made, again], [true, false], "whether the project was made")
            try expect(try await store.hasProject(scope), "the project is there")
        },
        scene("a key is read back as it was stored, and needs its tenant and project") { scene in
            let digest = SimulatedHasher().sha256([1])
            func key(_ id: String, _ tenant: TenantName, _ project: ProjectName?) -> KeyRecord {
                KeyRecord(
                    id: id, secretDigest: digest, tenant: tenant, project: project,
                    scopes: [.sessionsRead, .requestsRespond], createdAt: JournalScene.time(1))
            }
            let good = [
                key("whole", scene.scope.tenant, nil), key("one", scene.scope.tenant, scene.scope.project),
            ]
            for key in good {
                let isStored = try await scene.store.createKey(key)
                try expect(isStored, "key \(key.id) was not stored")
                try expectEqual(try await scene.store.key(key.id), key, "key")
            }
            for bad in [
                key("a", try TenantName("nobody"), nil), key("b", scene.scope.tenant, try ProjectName("nothing")),
            ] {
                let isStored = try await scene.store.createKey(bad)
                try expect(!isStored, "key \(bad.id) was stored")
                try expect(try await scene.store.key(bad.id) == nil, "key \(bad.id) is there")
            }
        },
        scene("an agent gets a new version each time its definition changes, and no other") { scene in
            func definition(_ schema: JSONValue?, _ labels: [String: String]) throws -> AgentDefinition {
                AgentDefinition(name: try AgentName("clerk"), program: .external, inputSchema: schema, labels: labels)
            }
            let name = try AgentName("clerk")
            let none = try await scene.store.agent(name, in: scene.scope)
            try expect(none == nil, "an agent was there before it was defined")
            let plain = try definition(nil, ["a\u{0}": "\u{0}b"])
            let other = try definition(["type": "object", "maximum": 1], [:])
            let versions: [Int64] = [1, 1, 2, 2, 3]
            for (definition, version) in zip([plain, plain, other, other, plain], versions) {
                let record = try await scene.store.putAgent(definition, in: scene.scope)
                try expectEqual(record.version, version, "version")
                try expectEqual(record.definition, definition, "definition")
                let latest = try await scene.store.agent(name, in: scene.scope)
                try expectEqual(latest, record, "latest version")
            }
        },
        scene("I5: agents are listed by name, in pages, within their project") { scene in
            for name in ["b", "a", "d", "c", "a"] {
                let definition = AgentDefinition(
                    name: try AgentName(name), program: .external, inputSchema: nil, labels: [:])
                _ = try await scene.store.putAgent(definition, in: scene.scope)
            }
            func names(after name: String?, in scope: Scope) async throws -> [String] {
                let after = try name.map { try AgentName($0) }
                return try await scene.store.agents(in: scope, after: after, limit: 3).map(\.definition.name.text)
            }
            try expectEqual(try await names(after: nil, in: scene.scope), ["a", "b", "c"], "first page")
            try expectEqual(try await names(after: "c", in: scene.scope), ["d"], "second page")
            for foreign in scene.foreign {
                try expectEqual(try await names(after: nil, in: foreign), [], "agents of \(foreign)")
                let agent = try await scene.store.agent(try AgentName("a"), in: foreign)
                try expect(agent == nil, "an agent was seen by \(foreign)")
            }
        },
    ]
}
