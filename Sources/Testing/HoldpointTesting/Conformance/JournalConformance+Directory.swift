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
            try await changeAgent(scene)
        },
        scene("I5: every version of an agent stays readable, within its project") { scene in
            try await readVersions(scene)
        },
        scene("a page of agents ends when its documents have as many bytes as a page may") { scene in
            try await readLargeDocuments(scene)
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

    private static func changeAgent(_ scene: JournalScene) async throws {
        let name = try AgentName("clerk")
        let none = try await scene.store.agent(name, in: scene.scope)
        try expect(none == nil, "an agent was there before it was defined")
        func workflow(_ document: JSONValue) -> AgentDefinition {
            AgentDefinition(name: name, program: .workflow, definition: document, inputSchema: nil, labels: [:])
        }
        let plain = AgentDefinition(
            name: name, program: .external, inputSchema: nil, labels: ["a\u{0}": "\u{0}b"])
        let other = AgentDefinition(
            name: name, program: .external, inputSchema: ["type": "object", "maximum": 1], labels: [:])
        let document = #"{"do": [{"b": {"set": {"n": 0.10}}}, {"a": "\u0000"}]}"#
        let flow = workflow(try JSONParser.parse(document))
        let changedFlow = workflow(try JSONParser.parse(#"{"do": [{"b": {"set": {"n": 0.1}}}, {"a": "\u0000"}]}"#))
        let versions: [Int64] = [1, 1, 2, 2, 3, 4, 4, 5, 6]
        let definitions = [plain, plain, other, other, plain, flow, flow, changedFlow, flow]
        for (definition, version) in zip(definitions, versions) {
            let record = try await scene.store.putAgent(definition, in: scene.scope)
            try expectEqual(record.version, version, "version")
            try expectEqual(record.definition, definition, "definition")
            let latest = try await scene.store.agent(name, in: scene.scope)
            try expectEqual(latest, record, "latest version")
        }
    }

    private static func readVersions(_ scene: JournalScene) async throws {
        let name = try AgentName("clerk")
        var records: [AgentRecord] = []
        for number: Int64 in 1...4 {
            let definition = AgentDefinition(
                name: name, program: .workflow, definition: ["n": .integer(number)], inputSchema: nil, labels: [:])
            records.append(try await scene.store.putAgent(definition, in: scene.scope))
        }
        for record in records {
            let found = try await scene.store.agent(name, version: record.version, in: scene.scope)
            try expectEqual(found, record, "version \(record.version)")
        }
        for absent: Int64 in [-1, 0, 5, .max] {
            let found = try await scene.store.agent(name, version: absent, in: scene.scope)
            try expect(found == nil, "there is a version \(absent)")
        }
        func page(_ name: AgentName, before version: Int64?, in scope: Scope) async throws -> [AgentRecord] {
            try await scene.store.versions(of: name, in: scope, before: version, limit: 3)
        }
        let newestFirst: [AgentRecord] = records.reversed()
        try expectEqual(try await page(name, before: nil, in: scene.scope), Array(newestFirst[..<3]), "first page")
        try expectEqual(try await page(name, before: 2, in: scene.scope), Array(newestFirst[3...]), "second page")
        try expectEqual(try await page(try AgentName("clerks"), before: nil, in: scene.scope), [], "of another name")
        for foreign in scene.foreign {
            let found = try await scene.store.agent(name, version: 1, in: foreign)
            let versions = try await page(name, before: nil, in: foreign)
            try expect(found == nil && versions.isEmpty, "a version was seen by \(foreign)")
        }
    }

    private static func readLargeDocuments(_ scene: JournalScene) async throws {
        let large = String(repeating: "a", count: JournalPage.bytes / 2)
        for name in ["a", "b", "c"] {
            for number: Int64 in 1...3 {
                let definition = AgentDefinition(
                    name: try AgentName(name), program: .workflow, definition: [.integer(number), .string(large)],
                    inputSchema: nil, labels: [:])
                _ = try await scene.store.putAgent(definition, in: scene.scope)
            }
        }
        let agents = try await scene.store.agents(in: scene.scope, after: nil, limit: 9)
        try expectEqual(agents.map(\.definition.name.text), ["a", "b"], "agents of the first page")
        try expect(JournalPage.isFull(agents), "a page that was ended by its bytes is full")
        let rest = try await scene.store.agents(in: scene.scope, after: try AgentName("b"), limit: 9)
        try expectEqual(rest.map(\.version), [3], "versions on the second page")
        try expect(!JournalPage.isFull(rest), "a page of one agent is not full")
        let versions = try await scene.store.versions(
            of: try AgentName("a"), in: scene.scope, before: nil, limit: 9)
        try expectEqual(versions.map(\.version), [3, 2], "versions of the first page")
    }
}
