import HoldpointCore
import HoldpointPorts
import JSON

extension JournalConformance {
    /// Policies have versions, of which one is in force, and a commit rests on that one or on none.
    static let policies: [ConformanceCase<Store>] = [
        scene("a policy gets a new version each time its document changes, and no other") { scene in
            try await changePolicy(scene)
        },
        scene("I5: every version of a policy stays readable, within its project") { scene in
            try await readPolicies(scene)
        },
        scene("a page of policies ends when its documents have as many bytes as a page may") { scene in
            let large = String(repeating: "a", count: JournalPage.bytes / 2)
            for number: Int64 in 1...3 { _ = try await put([.integer(number), .string(large)], scene) }
            let first = try await scene.store.policies(in: scene.scope, before: nil, limit: 9)
            try expectEqual(first.map(\.version), [3, 2], "versions of the first page")
            try expect(JournalPage.isFull(first), "a page that was ended by its bytes is full")
            let rest = try await scene.store.policies(in: scene.scope, before: 2, limit: 9)
            try expectEqual(rest.map(\.version), [1], "versions of the second page")
            try expect(!JournalPage.isFull(rest), "a page of one version is not full")
        },
        scene("policies put at once get one version each, or share the one of the same document") { scene in
            let records = try await withThrowingTaskGroup(of: PolicyRecord?.self) { group in
                for number: Int64 in 1...12 {
                    group.addTask { try await put(["n": .integer(number / 2)], scene) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let documents = Dictionary(
                records.compactMap(\.self).map { ($0.version, $0.document) }, uniquingKeysWith: { first, _ in first })
            try expectEqual(records.compactMap(\.self).count, 12, "policies that were put")
            for record in records.compactMap(\.self) {
                try expectEqual(record.document, documents[record.version], "document of version \(record.version)")
            }
            let versions = try await scene.store.policies(in: scene.scope, before: nil, limit: 20).map(\.version)
            try expectEqual(versions, (1...Int64(versions.count)).reversed(), "versions")
            try expect(versions.count >= 7, "each document was in force once")
        },
        scene("a commit by the policy in force is made, by any other it is refused as outdated") { scene in
            try await commitByPolicies(scene)
        },
        scene("a commit of no session is refused as outdated, too") { scene in
            _ = try await put(["n": 1], scene)
            let absent = try scene.identity(1)
            let refusal = try await scene.refusal(of: try scene.commit(absent, head: 0, events: [], policy: 0))
            try expectEqual(refusal, .outdated, "refusal")
            _ = try await scene.store.commit(try scene.commit(absent, head: 0, events: [], policy: 1))
        },
        scene("a commit is outdated only if nothing else speaks against it") { scene in
            try await refuseInOrder(scene)
        },
    ]

    private static func put(
        _ document: JSONValue, _ scene: JournalScene, by key: String = "k", at offset: Int64 = 1
    ) async throws -> PolicyRecord? {
        try await scene.store.putPolicy(
            document, by: .key(key), at: JournalScene.time(offset), in: scene.scope)
    }

    private static func changePolicy(_ scene: JournalScene) async throws {
        let none = try await scene.store.policy(in: scene.scope)
        try expect(none == nil, "a policy was in force before one was put")
        let plain = try JSONParser.parse(#"{"rules": [], "n": 0.10, "text": "\u0000 é"}"#)
        let other = try JSONParser.parse(#"{"rules": [], "n": 0.1, "text": "\u0000 é"}"#)
        let versions: [Int64] = [1, 1, 2, 3, 3]
        let dates: [Int64] = [1, 1, 3, 4, 4]
        for (index, document) in [plain, plain, other, plain, plain].enumerated() {
            let offset = Int64(index + 1)
            let record = try await put(document, scene, by: "key\u{0}-\(offset)", at: offset)
            let expected = PolicyRecord(
                version: versions[index], document: document, principal: .key("key\u{0}-\(dates[index])"),
                createdAt: JournalScene.time(dates[index]))
            try expectEqual(record, expected, "policy")
            try expectEqual(try await scene.store.policy(in: scene.scope), expected, "policy in force")
        }
        let nowhere = try JournalScene.scope("acme", "nowhere")
        let lost = try await scene.store.putPolicy(plain, by: .key("k"), at: JournalScene.time(1), in: nowhere)
        try expect(lost == nil, "a policy was put in force for a project that is not there")
    }

    private static func readPolicies(_ scene: JournalScene) async throws {
        var records: [PolicyRecord] = []
        for number: Int64 in 1...4 {
            records.append(try expectPresent(try await put(["n": .integer(number)], scene), "policy"))
        }
        for record in records {
            let found = try await scene.store.policy(version: record.version, in: scene.scope)
            try expectEqual(found, record, "version \(record.version)")
        }
        for absent: Int64 in [-1, 0, 5, .max] {
            let found = try await scene.store.policy(version: absent, in: scene.scope)
            try expect(found == nil, "there is a version \(absent)")
        }
        let newestFirst: [PolicyRecord] = records.reversed()
        let first = try await scene.store.policies(in: scene.scope, before: nil, limit: 3)
        try expectEqual(first, Array(newestFirst[..<3]), "first page")
        let second = try await scene.store.policies(in: scene.scope, before: 2, limit: 3)
        try expectEqual(second, Array(newestFirst[3...]), "second page")
        for foreign in scene.foreign + [try JournalScene.scope("acme", "nowhere")] {
            let inForce = try await scene.store.policy(in: foreign)
            let found = try await scene.store.policy(version: 1, in: foreign)
            let page = try await scene.store.policies(in: foreign, before: nil, limit: 3)
            try expect(inForce == nil && found == nil && page.isEmpty, "a policy was seen by \(foreign)")
        }
    }

    private static func commitByPolicies(_ scene: JournalScene) async throws {
        let sessions = [try scene.identity(1), try scene.identity(2, in: scene.foreign[0])]
        _ = try await scene.store.commit(
            try scene.commit(sessions[0], head: 0, events: [JournalScene.event(1)], policy: 0))
        _ = try await put(["n": 1], scene)
        _ = try await put(["n": 2], scene)
        for version: Int64 in [0, 1, 3] {
            let outdated = try scene.commit(
                sessions[0], head: 1, events: [JournalScene.event(2, isOnFeed: true)],
                idempotency: JournalScene.idempotency("k", sessions[0]),
                sends: [scene.command(1, for: sessions[0])], policy: version)
            try expectEqual(try await scene.refusal(of: outdated), .outdated, "refusal by version \(version)")
        }
        try expectEqual(try await scene.head(sessions[0]), 1, "head")
        let record = try await scene.store.idempotencyRecord("k", in: scene.scope)
        let sent = try await scene.store.storedCommand(JournalScene.commandID(1), in: scene.scope)
        let feed = try await scene.store.feed(in: scene.scope, after: .start, limit: 9)
        try expect(record == nil && sent == nil && feed.isEmpty, "an outdated commit left something")
        _ = try await scene.store.commit(
            try scene.commit(sessions[0], head: 1, events: [JournalScene.event(2)], policy: 2))
        // Nobody else's policy matters, and who names none rests on none.
        _ = try await scene.store.commit(
            try scene.commit(sessions[1], head: 0, events: [JournalScene.event(1)], policy: 0))
        _ = try await scene.store.commit(try scene.commit(sessions[0], head: 2))
    }

    private static func refuseInOrder(_ scene: JournalScene) async throws {
        let identity = try scene.identity(1)
        _ = try await scene.store.commit(
            try scene.commit(
                identity, head: 0, events: [JournalScene.event(1)],
                idempotency: JournalScene.idempotency("k", identity)))
        func refusal(
            _ identity: SessionIdentity, head: Int64, idempotency: IdempotencyRecord? = nil
        ) async throws -> JournalError {
            try await scene.refusal(
                of: try scene.commit(
                    identity, head: head, events: [JournalScene.event(head + 1)], idempotency: idempotency, policy: 9))
        }
        let record = JournalScene.idempotency("k", identity)
        let repeated = try await refusal(identity, head: 1, idempotency: record)
        try expectEqual(repeated, .idempotencyKeyUsed(record), "refusal of a repetition")
        try expectEqual(try await refusal(identity, head: 0), .conflict(head: 1), "refusal of a second start")
        try expectEqual(try await refusal(identity, head: 2), .conflict(head: 1), "refusal of another head")
        try expectEqual(try await refusal(try scene.identity(3), head: 2), .conflict(head: 0), "refusal of a stranger")
        let namesake = SessionIdentity(scope: scene.scope, key: try scene.identity(2).key, id: identity.id)
        try expectEqual(try await refusal(namesake, head: 0), .sessionExists(identity.key), "refusal of a namesake")
        try await scene.store.setQuarantine(
            "poison", of: identity.key, in: scene.scope, fence: try scene.fence(identity))
        try expectEqual(try await refusal(identity, head: 1), .quarantined, "refusal of a quarantined session")
        try expectEqual(try await refusal(try scene.identity(4), head: 0), .outdated, "refusal of a start")
    }
}
