import HoldpointCore
import HoldpointPorts

extension JournalConformance {
    static let commits: [ConformanceCase<Store>] = [
        scene("what was committed is read back byte for byte") { scene in try await readBack(scene) },
        scene("a commit of an existing session needs its very head") { scene in
            let identity = try scene.identity(1)
            _ = try await scene.store.commit(try scene.commit(identity, head: 0, count: 2))
            for head: Int64 in [0, 1, 3] {
                let refusal = try await scene.refusal(of: try scene.commit(identity, head: head))
                try expectEqual(refusal, .conflict(head: 2), "refusal of head \(head)")
            }
            try expectEqual(try await scene.log(identity).map(\.sequence), [1, 2], "numbers")
        },
        scene("a session that is not there has head 0") { scene in
            let refusal = try await scene.refusal(of: try scene.commit(try scene.identity(1), head: 4))
            try expectEqual(refusal, .conflict(head: 0), "refusal")
        },
        scene("events are numbered densely from the head") { scene in
            let identity = try scene.identity(1)
            for numbers: [Int64] in [[2], [1, 3], [1, 1], [0]] {
                let events = numbers.map { JournalScene.event($0) }
                _ = try await scene.refusal(of: try scene.commit(identity, head: 0, events: events))
            }
            try expect(
                try await scene.store.find(identity.id, in: identity.scope) == nil, "a refused start left a session")
        },
        scene("an id belongs to one session of its project") { scene in
            let first = try scene.identity(1)
            _ = try await scene.store.commit(try scene.commit(first, head: 0))
            let second = SessionIdentity(scope: first.scope, key: try scene.identity(2).key, id: first.id)
            let refusal = try await scene.refusal(of: try scene.commit(second, head: 0))
            try expectEqual(refusal, .sessionExists(first.key), "refusal")
            for (index, scope) in scene.foreign.enumerated() {
                let other = SessionIdentity(scope: scope, key: try scene.identity(3 + index).key, id: first.id)
                _ = try await scene.store.commit(try scene.commit(other, head: 0))
                try expectEqual(try await scene.store.find(first.id, in: scope), other, "session of \(scope)")
            }
            try expectEqual(try await scene.store.find(first.id, in: first.scope), first, "session")
        },
        scene("an idempotency key is committed once, and its record is given to the second") { scene in
            let identity = try scene.identity(1)
            let record = JournalScene.idempotency("POST /x\u{0}key", identity)
            _ = try await scene.store.commit(
                try scene.commit(identity, head: 0, events: [JournalScene.event(1)], idempotency: record))
            let refusal = try await scene.refusal(
                of: try scene.commit(
                    identity, head: 1, events: [JournalScene.event(2)],
                    idempotency: JournalScene.idempotency(record.key, try scene.identity(2))))
            try expectEqual(refusal, .idempotencyKeyUsed(record), "refusal")
            try expectEqual(try await scene.head(identity), 1, "head")
            try expectEqual(
                try await scene.store.idempotencyRecord(record.key, in: scene.scope), record, "stored record")
        },
        scene("a commit may bring no events, only an outcome or an idempotency key") { scene in
            let identity = try scene.identity(1)
            _ = try await scene.store.commit(try scene.commit(identity, head: 0))
            try await scene.store.store(scene.command(1, for: identity))
            let decided = DecidedCommand(
                id: JournalScene.commandID(1), outcome: .refused(Rejection(.sessionPaused, "no\u{0}")))
            let record = JournalScene.idempotency("k", identity)
            _ = try await scene.store.commit(
                try scene.commit(identity, head: 1, events: [], decided: decided, idempotency: record))
            try expectEqual(try await scene.head(identity), 1, "head")
            let view = try await scene.store.storedCommand(decided.id, in: scene.scope)
            try expectEqual(view?.outcome, decided.outcome, "outcome")
            try expectEqual(try await scene.store.idempotencyRecord("k", in: scene.scope), record, "record")
        },
        scene("300 commits at once, one of them poisoned: only that one is refused") { scene in
            try await commitTogether(scene)
        },
    ]

    /// Events whose data a careless store would change.
    private static func awkwardEvents() -> [RecordedEvent] {
        let texts = [
            "{\"a\":\"\\u0000\",\"b\":1.10}", "{ }", "{\"é\":\"\u{1F600}\"}",
            "\"" + String(repeating: "a", count: 200_000) + "\"",
        ]
        return texts.enumerated().map { index, text in
            JournalScene.event(Int64(index) + 1, data: Array(text.utf8), isOnFeed: index == 0)
        }
    }

    private static func readBack(_ scene: JournalScene) async throws {
        let identity = try scene.identity(1)
        let events = awkwardEvents()
        _ = try await scene.store.commit(try scene.commit(identity, head: 0, events: events))
        let log = try await scene.log(identity)
        try expect(log == events, "the log differs from what was committed")
        let stored = try await scene.store.load(identity.key, in: identity.scope, usingSnapshot: true)
        try expect(
            stored == StoredSession(identity: identity, snapshot: nil, tail: events, quarantine: nil),
            "the loaded session differs from what was committed")
    }

    private static func commitTogether(_ scene: JournalScene) async throws {
        let identities = try (0..<300).map { try scene.identity($0, shard: UInt8($0 % 256)) }
        let commits = try identities.enumerated().map { index, identity in
            try scene.commit(identity, head: index == 150 ? 5 : 0, count: 2, onFeed: true)
        }
        let refused = await withTaskGroup(of: (Int, JournalError?).self) { group in
            for (index, commit) in commits.enumerated() {
                group.addTask {
                    do throws(JournalError) {
                        _ = try await scene.store.commit(commit)
                        return (index, nil)
                    } catch {
                        return (index, error)
                    }
                }
            }
            var found: [(index: Int, error: JournalError)] = []
            for await (index, error) in group {
                if let error { found.append((index, error)) }
            }
            return found
        }
        try expectEqual(refused.map(\.index), [150], "refused commits")
        try expectEqual(refused.first?.error, .conflict(head: 0), "refusal")
        for (index, identity) in identities.enumerated() {
            try expectEqual(try await scene.head(identity), index == 150 ? nil : 2, "head of session \(index)")
        }
        let feed = try await scene.store.feed(in: scene.scope, after: .start, limit: 1_000)
        try expectEqual(feed.count, 598, "items on the feed")
    }
}
