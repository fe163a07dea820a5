import HoldpointCore
import HoldpointPorts

extension JournalConformance {
    static let isolation: [ConformanceCase<Store>] = [
        scene("I5: no read of a foreign scope finds anything") { scene in
            let (identity, request) = try await fill(scene)
            let store = scene.store
            for foreign in scene.foreign {
                let loaded = try await store.load(identity.key, in: foreign, usingSnapshot: true)
                let found = try await store.find(identity.id, in: foreign)
                let events = try await store.events(of: identity.key, in: foreign, after: 0, limit: 9)
                let sessions = try await store.sessions(SessionQuery(limit: 9), in: foreign)
                try expect(
                    loaded == nil && found == nil && events.isEmpty && sessions.isEmpty,
                    "a session was seen by \(foreign)")
                let record = try await store.request(request, in: foreign)
                let requests = try await store.requests(RequestQuery(limit: 9), in: foreign)
                let filtered = try await store.requests(RequestQuery(session: identity.key, limit: 9), in: foreign)
                let secrets = try await store.secrets(of: request, in: foreign)
                try expect(
                    record == nil && requests.isEmpty && filtered.isEmpty && secrets.isEmpty,
                    "a request was seen by \(foreign)")
                let key = try await store.idempotencyRecord("k", in: foreign)
                let feed = try await store.feed(in: foreign, after: .start, limit: 9)
                let bounds = try await store.feedBounds(in: foreign)
                let heads = try await store.heads(of: [SessionReference(scope: foreign, key: identity.key)])
                try expect(
                    key == nil && feed.isEmpty && bounds.oldest == bounds.head && heads.isEmpty,
                    "a key, a feed or a head was seen by \(foreign)")
                let command = try await store.storedCommand(JournalScene.commandID(1), in: foreign)
                let undecided = try await store.undecided(of: identity.key, in: foreign, limit: 9)
                try expect(command == nil && undecided.isEmpty, "a stored command was seen by \(foreign)")
            }
        },
        scene("I5: no change through a foreign scope changes anything") { scene in
            let (identity, _) = try await fill(scene)
            let fence = try scene.fence(identity)
            let id = JournalScene.commandID(1)
            for foreign in scene.foreign {
                let isDecided = try? await scene.store.decide(DecidedCommand(id: id, outcome: .dead("x")), in: foreign)
                try expect(isDecided != true, "an outcome was written through \(foreign)")
                _ = try? await scene.store.countAttempt(id, in: foreign)
                try? await scene.store.setQuarantine("x", of: identity.key, in: foreign, fence: fence)
                let other = SessionIdentity(scope: foreign, key: identity.key, id: identity.id)
                _ = try await scene.refusal(of: try scene.commit(other, head: 2))
                _ = try await scene.refusal(of: try scene.commit(other, head: 0))
                let mine = try scene.identity(8, in: foreign)
                _ = try await scene.refusal(
                    of: try scene.commit(
                        mine, head: 0, events: [JournalScene.event(1)],
                        decided: DecidedCommand(id: id, outcome: .dead("x"))))
            }
            let view = try await scene.store.storedCommand(id, in: scene.scope)
            try expectEqual(
                view, StoredCommandView(command: scene.command(1, for: identity), outcome: nil), "stored command")
            let stored = try await scene.store.load(identity.key, in: scene.scope, usingSnapshot: false)
            try expectEqual(stored?.tail.count, 2, "events")
            try expect(stored?.quarantine == nil, "a session was marked through a foreign scope")
        },
        scene("I5: the same names live side by side in each scope") { scene in
            var expected: [SessionIdentity] = []
            for (number, scope) in ([scene.scope] + scene.foreign).enumerated() {
                let key = try scene.identity(number).key
                let identity = SessionIdentity(scope: scope, key: key, id: try SessionID("same"))
                let record = JournalScene.idempotency("same", identity)
                _ = try await scene.store.commit(
                    try scene.commit(
                        identity, head: 0, events: [JournalScene.event(1, isOnFeed: true)], idempotency: record))
                expected.append(identity)
            }
            for identity in expected {
                let record = try await scene.store.idempotencyRecord("same", in: identity.scope)
                try expectEqual(record?.session, identity, "idempotency key of \(identity.scope)")
                let feed = try await scene.store.feed(in: identity.scope, after: .start, limit: 9)
                try expectEqual(feed.map(\.session), [identity], "feed of \(identity.scope)")
                let sessions = try await scene.store.sessions(SessionQuery(limit: 9), in: identity.scope)
                try expectEqual(sessions, [identity], "sessions of \(identity.scope)")
            }
        },
    ]

    /// A session with something in every table.
    private static func fill(_ scene: JournalScene) async throws -> (SessionIdentity, RequestID) {
        let identity = try scene.identity(1)
        let request = JournalScene.request(1)
        _ = try await scene.store.commit(
            try scene.commit(
                identity, head: 0, events: [JournalScene.event(1, isOnFeed: true), JournalScene.event(2)],
                summary: scene.summary(.waiting),
                requests: [
                    RequestChange(id: request, type: .environment, status: .pending, openedAt: 2, closedAt: nil)
                ],
                snapshot: JournalScene.snapshot(2, "state"),
                secrets: [SealedSecret(handle: SecretHandle(request: request, field: "f"), box: [1])],
                idempotency: JournalScene.idempotency("k", identity)))
        try await scene.store.store(scene.command(1, for: identity))
        return (identity, request)
    }
}
