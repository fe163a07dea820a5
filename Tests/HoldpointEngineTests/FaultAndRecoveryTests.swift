import HoldpointCore
import HoldpointEngine
import HoldpointPorts
import HoldpointTesting
import JSON
import Testing

@Suite("Faults of the store, and recovery") struct FaultAndRecoveryTests {
    @Test(.timeLimit(.minutes(1)), arguments: [Fault.commitInDoubtDone, .commitInDoubtUndone])
    func `I3: a commit in doubt is found out before anybody is told`(fault: Fault) async throws {
        let scene = try await EngineScene()
        try await scene.serving { engine in
            let session = try await scene.start(engine)
            let id = session.state.identity.id
            let request = try await scene.open(engine, SessionLifeTests.permission, in: id).request.id
            scene.faults.arm(fault)
            let answered = try? await scene.answer(engine, ["action": "approve"], to: request)
            #expect((answered != nil) == (fault == .commitInDoubtDone))
            let again = try await scene.answer(engine, ["action": "approve"], to: request)
            #expect(again.status == .answered)
            let events = try await engine.events(of: id, in: scene.scope, after: 0, limit: 100)
            #expect(events.items.filter { $0.type == EventType("hitl_responded") }.count == 1)
        }
    }

    @Test(.timeLimit(.minutes(1))) func `I1: a commit that failed shows nowhere`() async throws {
        let scene = try await EngineScene()
        try await scene.serving { engine in
            let session = try await scene.start(engine)
            let id = session.state.identity.id
            let sink = CollectingSink()
            _ = try await engine.watch(
                session: id, in: scene.scope, after: 0, subscriber: SubscriberID(1), sink: sink)
            scene.faults.arm(.commitUnavailable)
            await #expect(throws: GatewayError.self) {
                try await scene.open(engine, SessionLifeTests.permission, in: id)
            }
            #expect(try await engine.session(id, in: scene.scope).state.sequence == 1)
            _ = try await engine.command(
                .step(name: "after", data: .null), to: id, in: scene.scope, options: scene.options())
            #expect(await sink.ids(SubscriberID(1), count: 2) == ["1", "2"])
        }
    }

    @Test(.timeLimit(.minutes(1))) func `I6: a session is the same after a restart, from snapshot and from log`()
        async throws
    {
        let scene = try await EngineScene()
        let seen = Guarded<[SessionState]>([])
        try await scene.serving { engine in
            let session = try await scene.start(engine, id: "lasting")
            _ = try await scene.open(engine, SessionLifeTests.permission, in: session.state.identity.id)
            for index in 0..<80 {
                _ = try await engine.command(
                    .step(name: "s\(index)", data: ["i": .integer(Int64(index))]), to: session.state.identity.id,
                    in: scene.scope, options: scene.options())
            }
            let live = try await engine.session(session.state.identity.id, in: scene.scope).state
            seen.withState { $0.append(live) }
        }
        try await scene.serving { engine in
            let rebuilt = try await engine.session(SessionID("lasting"), in: scene.scope).state
            seen.withState { $0.append(rebuilt) }
        }
        let states = seen.withState { $0 }
        #expect(states.count == 2)
        #expect(Set(states.map { SnapshotCodec.encode($0) }).count == 1)
        #expect(scene.journal.contents.sessions.values.contains { $0.snapshot != nil })
    }

    @Test(.timeLimit(.minutes(1))) func `a deadline that passed while the node was down fires after the start`()
        async throws
    {
        let scene = try await EngineScene()
        let opened = Guarded<RequestID?>(nil)
        try await scene.serving { engine in
            let session = try await scene.start(engine, id: "sleeper")
            let request = try await scene.open(engine, SessionLifeTests.permission, in: session.state.identity.id)
            opened.withState { $0 = request.request.id }
        }
        scene.clock.advance(milliseconds: 3_600_000)
        try await scene.serving { engine in
            _ = try await scene.status(engine, of: SessionID("sleeper"), becomes: .running)
            let request = try #require(opened.withState { $0 })
            #expect(try await engine.request(request, in: scene.scope).status == .expired)
        }
    }

    @Test(.timeLimit(.minutes(1))) func `I10: after an unclean death every command is stored first`() async throws {
        let scene = try await EngineScene()
        try await scene.die()
        try await scene.serving { engine in
            _ = try await scene.start(engine, id: "careful")
            #expect(scene.journal.contents.inbox.count == 1)
            scene.clock.advance(milliseconds: 60_000)
            _ = try await scene.start(engine, id: "at-ease")
            #expect(scene.journal.contents.inbox.count == 1)
        }
    }

    @Test(.timeLimit(.minutes(1))) func `I10: a session that was alone under work at two deaths is quarantined`()
        async throws
    {
        let scene = try await EngineScene()
        let opened = Guarded<RequestID?>(nil)
        try await scene.serving { engine in
            let session = try await scene.start(engine, id: "poison")
            let request = try await scene.open(engine, SessionLifeTests.permission, in: session.state.identity.id)
            opened.withState { $0 = request.request.id }
            _ = try await scene.start(engine, id: "healthy")
        }
        scene.clock.advance(milliseconds: 3_600_000)
        let identity = try #require(try await scene.journal.find(SessionID("poison"), in: scene.scope))
        // Two lives that ended while this session's due work was under its mark.
        try await scene.die(duringWorkOf: identity)
        try await scene.die(duringWorkOf: identity)
        try await scene.serving { engine in
            #expect(try await engine.session(SessionID("poison"), in: scene.scope).status == .quarantined)
            #expect(try await engine.session(SessionID("healthy"), in: scene.scope).status == .running)
            let request = try #require(opened.withState { $0 })
            let refused = try await rejection {
                try await scene.answer(engine, ["action": "approve"], to: request)
            }
            #expect(refused.code == .sessionQuarantined)
            // An operator vouches for it.
            _ = try await engine.command(
                .resume(reason: nil), to: SessionID("poison"), in: scene.scope, options: scene.options())
            _ = try await scene.status(engine, of: SessionID("poison"), becomes: .running)
        }
    }
}

extension FaultAndRecoveryTests {
    @Test(.timeLimit(.minutes(1))) func `I10: a start that killed its process twice is given up, and the node serves`()
        async throws
    {
        let scene = try await EngineScene()
        let box = SimulatedSecretBox(seed: 9)
        let key = SessionKey(Identifier128(high: 1, low: 2))
        let identity = SessionIdentity(scope: scene.scope, key: key, id: try SessionID("fatal"))
        let command = StoredCommand(
            id: StoredCommandID(Identifier128(high: 3, low: 4)), session: identity, kind: StartSession.kind,
            sealed: box.seal([1, 2, 3], context: "never opened"), principal: EngineScene.alice,
            receivedAt: scene.clock.now())
        try await scene.journal.store(command)
        try await scene.die(duringWorkOf: identity)
        try await scene.die(duringWorkOf: identity)
        try await scene.serving { engine in
            guard case .dead = try await engine.storedCommand(command.id, in: scene.scope).outcome else {
                throw Surprise("the start was not given up")
            }
            _ = try await scene.start(engine, id: "healthy")
        }
    }
}

extension FaultAndRecoveryTests {
    @Test(.timeLimit(.minutes(1)))
    func `nothing that waited for the mark to be lifted comes before the operator's word`() async throws {
        var scene = try await EngineScene()
        let marked = MarkedJournal.Watch()
        scene.decorate = { MarkedJournal(base: $0, watch: marked) }
        let shared = scene
        try await shared.serving { engine in
            let session = try await shared.start(engine, id: "marked").state.identity
            let fence = try #require(marked.fence.read { $0 })
            try await shared.journal.setQuarantine("a test", of: session.key, in: shared.scope, fence: fence)
            let cancelled = Guarded<Task<Void, Never>?>(nil)
            marked.lifting.withState {
                $0 = {
                    let task = Task {
                        _ = try? await engine.command(
                            .cancel(reason: nil), to: session.id, in: shared.scope, options: shared.options())
                    }
                    cancelled.withState { $0 = task }
                    // Until it waits for its turn.
                    for _ in 0..<500 { await Task.yield() }
                }
            }
            // Were the mark lifted in a turn of its own, this would find the session at its end, and be refused.
            _ = try await engine.command(
                .resume(reason: nil), to: session.id, in: shared.scope, options: shared.options())
            await cancelled.read { $0 }?.value
            #expect(try await engine.session(session.id, in: shared.scope).status == .cancelled)
        }
    }
}

/// Tells under which fence was written, and waits for something else before it lifts a mark of quarantine.
private struct MarkedJournal: JournalDecorator {
    struct Watch: Sendable {
        let fence = Guarded<Fence?>(nil)
        let lifting = Guarded<(@Sendable () async -> Void)?>(nil)
    }

    let base: any Journal
    let watch: Watch

    func commit(_ commit: SessionCommit) async throws(JournalError) -> CommitReceipt {
        watch.fence.withState { $0 = commit.fence }
        return try await base.commit(commit)
    }

    func setQuarantine(
        _ reason: String?, of key: SessionKey, in scope: Scope, fence: Fence
    ) async throws(JournalError) {
        if reason == nil { await watch.lifting.read { $0 }?() }
        try await base.setQuarantine(reason, of: key, in: scope, fence: fence)
    }
}

extension EngineScene {
    /// A life that takes up the store and ends without a word.
    func die() async throws {
        _ = try await journal.takeUp(node: NodeName("test"))
    }

    /// A life that ends while the due work of one session is done: with recovery's own plan, up to the loading.
    func die(duringWorkOf identity: SessionIdentity) async throws {
        let tenure = try await journal.takeUp(node: NodeName("test"))
        let standing = try await journal.standingGroups(among: Shard.all)
        let plan = RecoveryPlan(
            standing: standing.map { SuspectGroup(id: $0.id, deaths: $0.deaths, members: $0.members) },
            due: [identity], firstID: 1)
        for session in plan.quarantine {
            let fence = try #require(tenure.fences.first { $0.shard == session.key.shard })
            try await journal.setQuarantine("died twice", of: session.key, in: session.scope, fence: fence)
        }
        for group in plan.suspicions + plan.groups.prefix(1) {
            try await journal.writeDown(RecoveryGroup(id: group.id, deaths: group.deaths, members: group.members))
        }
        for id in plan.obsolete { try await journal.strikeOff(id) }
    }
}
