import HoldpointCore
import HoldpointEngine
import HoldpointPorts
import HoldpointTesting
import JSON
import Testing

/// What a node does with what a later release wrote: nothing, for as long as it takes.
@Suite("What a later release wrote", .timeLimit(.minutes(1))) struct LaterReleaseTests {
    /// A session that waits for an answer, after an event that the node `earlier` will not know.
    private static func waiting(
        _ engine: Engine, _ nodes: NodeScene, id: String, after step: String?
    ) async throws -> RequestID {
        try await nodes.passing {
            let session = try await nodes.scene.start(engine, id: id).state.identity.id
            if let step {
                _ = try await engine.command(
                    .step(name: step, data: .null), to: session, in: nodes.scene.scope, options: nodes.scene.options())
            }
            return try await nodes.scene.open(engine, SessionLifeTests.permission, in: session).request.id
        }
    }

    @Test func `I3, I10: a session with an event of an unknown type is left to nodes that know it`() async throws {
        let nodes = try await NodeScene()
        let (scene, scope) = (nodes.scene, nodes.scene.scope)
        let (strange, plain) = (Guarded<RequestID?>(nil), Guarded<RequestID?>(nil))
        let (later, _) = try nodes.node("later")
        try await nodes.running(later) {
            try await nodes.until { await later.ownedShards == 256 }
            let requests = [
                try await Self.waiting(later, nodes, id: "strange", after: "upgraded"),
                try await Self.waiting(later, nodes, id: "plain", after: nil),
            ]
            strange.withState { $0 = requests[0] }
            plain.withState { $0 = requests[1] }
        }
        let first = try #require(strange.withState { $0 })
        let second = try #require(plain.withState { $0 })
        let stored = Guarded<StoredCommandID?>(nil)
        let earlier = try nodes.earlier()
        try await nodes.running(earlier) {
            try await nodes.until { await earlier.ownedShards == 256 }
            let result = try await nodes.passing {
                try await earlier.answer(
                    RawAnswer(response: ["action": "approve"], comment: nil), to: first, in: scope,
                    options: scene.options())
            }
            guard case .stored(let command, _, _) = result else { throw Surprise("it was decided: \(result)") }
            stored.withState { $0 = command }
            // Its neighbours go on, and are listed.
            #expect(
                try await nodes.passing {
                    try await scene.answer(earlier, ["action": "approve"], to: second)
                }.status == .answered)
            let listed = try await earlier.sessions(status: nil, agent: nil, cursor: nil, limit: 10, in: scope)
            #expect(listed.items.map(\.state.identity.id.text) == ["plain"])
            // Its deadline passes, and no sweep and no timer judges it.
            let log = try await scene.log(of: SessionID("strange")).count
            let start = scene.clock.now()
            try await nodes.until { scene.clock.now() > start.adding(milliseconds: 1_900_000) }
            #expect(try await scene.log(of: SessionID("strange")).count == log)
            let view = try await earlier.storedCommand(command, in: scope)
            #expect(view.outcome == nil && view.command.attempts == 0)
            #expect(await earlier.statistics().sessionsReleased == 1)
            #expect(await earlier.statistics().sessionsQuarantined == 0)
            #expect(await earlier.readiness().degradations.count == 1)
            #expect(await earlier.readiness().isReady)
        }
        #expect(await earlier.statistics().sessionsReleased == 1)
        let command = try #require(stored.withState { $0 })
        let (again, _) = try nodes.node("later")
        try await nodes.running(again) {
            // The answer came before the deadline, so it counts.
            guard case .applied = try await scene.outcome(again, of: command) else { throw Surprise("refused") }
            #expect(try await again.request(first, in: scope).status == .answered)
            #expect(try await again.session(SessionID("strange"), in: scope).quarantine == nil)
        }
    }

    @Test func `I3: a stored command of an unknown kind waits, and is not counted as failing`() async throws {
        let scene = try await EngineScene()
        try await scene.serving { engine in
            let session = try await scene.start(engine, id: "here").state.identity
            let id = StoredCommandID(Identifier128(high: 0, low: 1))
            let command = StoredCommand(
                id: id, session: session, kind: "session_upgrade", sealed: [1], principal: EngineScene.alice,
                receivedAt: scene.clock.now())
            try await scene.journal.store(command)
            let start = scene.clock.now()
            while scene.clock.now() < start.adding(milliseconds: 30_000) {
                scene.clock.advance(milliseconds: 500)
                for _ in 0..<20 { await Task.yield() }
            }
            let view = try await engine.storedCommand(id, in: scene.scope)
            #expect(view.outcome == nil && view.command.attempts == 0)
            _ = try await scene.open(engine, SessionLifeTests.permission, in: session.id)
        }
    }

    @Test func `I6: a snapshot of a later release is passed over for the log, and is no damage`() async throws {
        var scene = try await EngineScene()
        scene.decorate = { LaterJournal(base: $0, step: "none", codec: SnapshotCodec.version + 1) }
        try await scene.serving { [scene] engine in
            let id = try await scene.start(engine, id: "lasting").state.identity.id
            _ = try await scene.open(engine, SessionLifeTests.permission, in: id)
            for index in 0..<20 {
                _ = try await engine.command(
                    .step(name: "s\(index)", data: .null), to: id, in: scene.scope, options: scene.options())
            }
        }
        #expect(scene.journal.contents.sessions.values.contains { $0.snapshot != nil })
        try await scene.serving { [scene] engine in
            let view = try await engine.session(SessionID("lasting"), in: scene.scope)
            #expect(view.state.sequence == 22 && view.state.openRequests.count == 1)
            #expect(await engine.statistics().snapshotsRefused == 0)
        }
    }
}

extension NodeScene {
    /// A node that does not know what the step `upgraded` is recorded as.
    fileprivate func earlier() throws -> Engine {
        var scene = scene
        let shared = SharedMemoryJournal(scene.journal, leaseMilliseconds: 120_000)
        scene.decorate = { _ in LaterJournal(base: shared, step: "upgraded", codec: SnapshotCodec.version + 1) }
        let name = try NodeName("earlier")
        scene.configure = { configuration in
            configuration.node = name
            configuration.outcomeWaitMilliseconds = 1_000
        }
        return try scene.engine()
    }
}

/// A store as a node of an earlier release reads it: some of it is of forms that it does not know.
private struct LaterJournal: JournalDecorator {
    let base: any Journal
    /// Steps of that name are recorded as events of a type that nobody here knows.
    let step: String
    /// The codec of every snapshot.
    let codec: Int64

    func load(
        _ key: SessionKey, in scope: Scope, usingSnapshot: Bool
    ) async throws(JournalError) -> StoredSession? {
        try await base.load(key, in: scope, usingSnapshot: usingSnapshot).map { stored in
            StoredSession(
                identity: stored.identity,
                snapshot: stored.snapshot.map {
                    Snapshot(
                        codec: codec, sequence: $0.sequence, chain: $0.chain, digest: $0.digest,
                        state: $0.state.reversed())
                },
                tail: stored.tail.map { isStrange($0) ? $0.retyped("step_upgraded") : $0 },
                quarantine: stored.quarantine)
        }
    }

    private func isStrange(_ event: RecordedEvent) -> Bool {
        String(decoding: event.data, as: UTF8.self).contains("\"name\":\"\(step)\"")
    }
}

extension RecordedEvent {
    fileprivate func retyped(_ name: String) -> RecordedEvent {
        RecordedEvent(
            sequence: sequence, time: time, type: EventType(name), data: data, chain: chain, isOnFeed: isOnFeed)
    }
}
