import HoldpointCore
import HoldpointPorts

extension JournalConformance {
    /// A refused commit is wholly refused: each case tries everything that a commit can write and looks for traces.
    static let refusals: [ConformanceCase<Store>] = [
        scene("a commit refused for its fence leaves no trace") { scene in
            try await expectNoTrace(scene) { full, scene in
                _ = try await scene.store.takeUp(node: try NodeName("node-2"))
                return full
            }
        },
        scene("a commit refused for its head leaves no trace") { scene in
            try await expectNoTrace(scene) { full, scene in
                try scene.commit(
                    full.identity, head: 7, events: [JournalScene.event(8, isOnFeed: true)], requests: full.requests,
                    snapshot: JournalScene.snapshot(8, "later"), secrets: full.secrets, decided: full.decided,
                    idempotency: full.idempotency, sends: full.sends)
            }
        },
        scene("a commit refused for its idempotency key leaves no trace") { scene in
            try await expectNoTrace(scene, ownsIdempotencyKey: false) { full, scene in
                let other = try scene.identity(9)
                let record = try expectPresent(full.idempotency, "record")
                _ = try await scene.store.commit(
                    try scene.commit(other, head: 0, events: [JournalScene.event(1)], idempotency: record))
                return full
            }
        },
        scene("a commit refused for a decided command leaves no trace") { scene in
            try await expectNoTrace(scene, outcome: .dead("gone")) { full, scene in
                let decided = DecidedCommand(id: JournalScene.commandID(1), outcome: .dead("gone"))
                let isFirst = try await scene.store.decide(decided, in: scene.scope)
                try expect(isFirst, "the command had no outcome before")
                return full
            }
        },
        scene("a commit to a quarantined session is refused and leaves no trace") { scene in
            try await expectNoTrace(scene, quarantine: "poison") { full, scene in
                try await scene.store.setQuarantine(
                    "poison", of: full.identity.key, in: full.identity.scope, fence: full.fence)
                return full
            }
        },
    ]

    /// Prepares a session at head 1 and a commit that writes to every table; `spoil` makes it one to refuse.
    private static func expectNoTrace(
        _ scene: JournalScene, outcome: StoredOutcome? = nil, quarantine: String? = nil,
        ownsIdempotencyKey: Bool = true,
        spoil: (SessionCommit, JournalScene) async throws -> SessionCommit
    ) async throws {
        let identity = try scene.identity(1)
        let request = JournalScene.request(1)
        _ = try await scene.store.commit(try scene.commit(identity, head: 0))
        try await scene.store.store(scene.command(1, for: identity))
        let full = try scene.commit(
            identity, head: 1, events: [JournalScene.event(2, isOnFeed: true)],
            summary: scene.summary(.waiting, wakeAt: JournalScene.time(50)),
            requests: [RequestChange(id: request, type: .permission, status: .pending, openedAt: 2, closedAt: nil)],
            snapshot: JournalScene.snapshot(2, "state"),
            secrets: [SealedSecret(handle: SecretHandle(request: request, field: "f"), box: [1])],
            decided: DecidedCommand(id: JournalScene.commandID(1), outcome: .applied(.session(isNew: false))),
            idempotency: JournalScene.idempotency("k", identity), sends: [scene.command(2, for: try scene.identity(2))])
        _ = try await scene.refusal(of: try await spoil(full, scene))
        let stored = try await scene.store.load(identity.key, in: identity.scope, usingSnapshot: true)
        try expectEqual(
            stored,
            StoredSession(
                identity: identity, snapshot: nil, tail: [JournalScene.event(1)], quarantine: quarantine), "session")
        try expect(try await scene.store.request(request, in: scene.scope) == nil, "a refused commit left a request")
        let secrets = try await scene.store.secrets(of: request, in: scene.scope)
        try expect(secrets.isEmpty, "a refused commit left a secret")
        let feed = try await scene.store.feed(in: scene.scope, after: .start, limit: 10)
        try expect(feed.isEmpty, "a refused commit left an item on the feed")
        let view = try await scene.store.storedCommand(JournalScene.commandID(1), in: scene.scope)
        try expectEqual(view?.outcome, outcome, "outcome of the stored command")
        let sent = try await scene.store.storedCommand(JournalScene.commandID(2), in: scene.scope)
        try expect(sent == nil, "a refused commit left a command that it sends")
        if ownsIdempotencyKey {
            let record = try await scene.store.idempotencyRecord("k", in: scene.scope)
            try expect(record == nil, "a refused commit left an idempotency key")
        }
        let waiting = try await scene.store.sessions(SessionQuery(status: .waiting, limit: 10), in: scene.scope)
        try expect(waiting.isEmpty, "a refused commit changed the session's row")
        let due = try await scene.store.deadlines(
            shards: Shard.all, from: JournalScene.time(0), until: JournalScene.time(100), after: nil, limit: 10)
        try expect(due.isEmpty, "a refused commit left a deadline")
    }
}
