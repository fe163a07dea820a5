import HoldpointCore
import HoldpointEngine
import HoldpointPorts
import HoldpointTesting
import JSON
import Testing

/// What recovery must not lose, and not make up: evidence, and what people said (I10, I3).
@Suite("Recovery", .timeLimit(.minutes(1))) struct RecoveryTests {
    @Test func `I3: a command is not given up for a death, however often it has failed before`() async throws {
        let scene = try await EngineScene()
        let stored = Guarded<StoredCommandID?>(nil)
        try await scene.serving { engine in
            let session = try await scene.start(engine, id: "beside").state.identity.id
            scene.faults.arm(.commitUnavailable, times: 1_000)
            let result = try await engine.command(
                .message("hello"), to: session, in: scene.scope, options: scene.options(respondAsync: true))
            guard case .stored(let id, _, _) = result else { throw Surprise("applied at once") }
            stored.withState { $0 = id }
        }
        scene.faults.cease()
        let id = try #require(stored.withState { $0 })
        let beside = try #require(try await scene.journal.find(SessionID("beside"), in: scene.scope))
        // One attempt is left, and the process dies with its session under a mark.
        for _ in 0..<4 { _ = try await scene.journal.countAttempt(id, in: scene.scope) }
        try await scene.die(duringWorkOf: beside)
        try await scene.serving { engine in
            guard case .applied = try await scene.outcome(engine, of: id) else { throw Surprise("it was given up") }
            #expect(try await engine.storedCommand(id, in: scene.scope).command.attempts == 4)
        }
    }

    @Test func `I10: a mark is lifted also when the shard's generation was raised meanwhile`() async throws {
        let scene = try await EngineScene()
        try await scene.serving { engine in
            _ = try await scene.start(engine, id: "vouched-for")
            _ = try await scene.open(engine, SessionLifeTests.permission, in: SessionID("vouched-for"))
        }
        scene.clock.advance(milliseconds: 3_600_000)
        let identity = try #require(try await scene.journal.find(SessionID("vouched-for"), in: scene.scope))
        try await scene.die(duringWorkOf: identity)
        try await scene.die(duringWorkOf: identity)
        let earlier = try #require(
            try await scene.journal.takeUp(node: NodeName("test")).fences.first { $0.shard == identity.key.shard })
        try await scene.serving { engine in
            #expect(try await engine.session(identity.id, in: scene.scope).status == .quarantined)
            // As a hand-over of other shards does, and the doubt of another session.
            let fence = Fence(shard: identity.key.shard, epoch: earlier.epoch + 1, generation: earlier.generation)
            _ = try await scene.journal.raiseGeneration(of: fence)
            _ = try await engine.command(
                .resume(reason: nil), to: identity.id, in: scene.scope, options: scene.options())
            _ = try await scene.status(engine, of: identity.id, becomes: .running)
        }
    }

    @Test func `I10: what stands against a session is kept when the lease ends before it is judged`() async throws {
        let nodes = try await NodeScene()
        let suspect = try await suspect(in: nodes)
        // Two deaths under a mark of its own.
        let first = Int64(suspect.key.shard.number) << 40 + 1
        try await nodes.scene.journal.writeDown(RecoveryGroup(id: first, deaths: 2, members: [suspect]))
        try await nodes.scene.journal.writeDown(RecoveryGroup(id: first + 1, deaths: 0, members: [suspect]))
        let isFirst = Guarded(true)
        let heir = try node(in: nodes) { call in
            // The lease runs out after the evidence was read, and before anything is done with it.
            if call == .standingGroups, isFirst.withState({ $0 }) {
                isFirst.withState { $0 = false }
                nodes.scene.clock.advance(milliseconds: 120_000)
            }
        }
        try await nodes.running(heir) {
            try await nodes.until {
                let session = nodes.scene.journal.contents.sessions[suspect.key]
                return session?.quarantine != nil || session?.head != 2
            }
            #expect(nodes.scene.journal.contents.sessions[suspect.key]?.quarantine != nil)
        }
    }

    @Test func `I10: a store that was away while a session was under work accuses nobody`() async throws {
        let nodes = try await NodeScene()
        let healthy = try await suspect(in: nodes)
        let looks = Guarded(0)
        let suspicions = Guarded<[RecoveryGroup]>([])
        let heir = try node(in: nodes) { call throws(JournalError) in
            if case .writeDown(let group) = call, group.deaths > 0 { suspicions.withState { $0.append(group) } }
            if call == .standingGroups { looks.withState { $0 += 1 } }
            // It goes away when the session is loaded, and is back for the second look.
            if call == .load || call == .strikeOff, looks.withState({ $0 }) == 1 { throw .unavailable("it is away") }
        }
        try await nodes.running(heir) {
            try await nodes.until {
                nodes.scene.journal.contents.sessions[healthy.key]?.head == 3 && looks.withState { $0 } > 1
            }
            #expect(suspicions.withState { $0 }.isEmpty)
        }
    }

    @Test func `I10: a node that was cut off while a session was under work does not take that for a death`()
        async throws
    {
        let nodes = try await NodeScene()
        let healthy = try await suspect(in: nodes)
        let isAway = Guarded(false)
        let lapses = Guarded(0)
        let suspicions = Guarded<[RecoveryGroup]>([])
        let heir = try node(in: nodes) { call throws(JournalError) in
            if case .writeDown(let group) = call, group.deaths > 0 { suspicions.withState { $0.append(group) } }
            if call == .standingGroups { isAway.withState { $0 = false } }
            if call == .load, lapses.withState({ $0 }) < 3 {
                lapses.withState { $0 += 1 }
                isAway.withState { $0 = true }
                nodes.scene.clock.advance(milliseconds: 130_000)
            }
            if isAway.withState({ $0 }) { throw .unavailable("it is away") }
        }
        try await nodes.running(heir) {
            try await nodes.until { nodes.scene.journal.contents.sessions[healthy.key]?.head == 3 }
            #expect(lapses.withState { $0 } == 3)
            #expect(suspicions.withState { $0 }.isEmpty)
        }
    }

    @Test func `I10: a node that ends since its store is away leaves no mark that accuses`() async throws {
        let scene = try await EngineScene()
        try await scene.serving { engine in
            _ = try await scene.start(engine, id: "healthy")
            _ = try await scene.open(engine, SessionLifeTests.permission, in: SessionID("healthy"))
        }
        scene.clock.advance(milliseconds: 3_600_000)
        try await scene.die()
        for _ in 0..<3 {
            let isBack = Guarded(false)
            var failing = scene
            failing.decorate = { base in
                WatchedRecovery(base: base) { call throws(JournalError) in
                    if call == .load { throw .unavailable("it is away") }
                    let isNext = isBack.withState { $0 }
                    if call == .strikeOff { isBack.withState { $0 = true } }
                    if call == .strikeOff, !isNext { throw .unavailable("it is away") }
                }
            }
            let engine = try failing.engine()
            await #expect(throws: EngineFailure.self) { try await engine.run() }
            #expect(try await scene.journal.standingGroups(among: Shard.all).allSatisfy { $0.deaths < 2 })
        }
        try await scene.serving { engine in
            _ = try await scene.status(engine, of: SessionID("healthy"), becomes: .running)
        }
    }

    @Test func `I10: a node whose own lease ran out does not count the others' marks as deaths`() async throws {
        let nodes = try await NodeScene()
        let healthy = try await suspect(in: nodes)
        let looks = Guarded(0)
        var scene = nodes.scene
        // Before the second look another node was cut off as well, twice, while this session alone was under work.
        let marks = Int64(healthy.key.shard.number) << 40
        let others = [
            RecoveryGroup(id: marks + 7, deaths: 2, members: [healthy]),
            RecoveryGroup(id: marks + 8, deaths: 0, members: [healthy]),
        ]
        let base = OthersMarks(
            base: SharedMemoryJournal(scene.journal, leaseMilliseconds: 120_000), looks: looks, marks: others)
        scene.decorate = { _ in
            WatchedRecovery(base: base) { call in
                if call == .load, looks.withState({ $0 }) == 1 { nodes.scene.clock.advance(milliseconds: 130_000) }
            }
        }
        try await nodes.running(try scene.engine()) {
            try await nodes.until {
                let session = nodes.scene.journal.contents.sessions[healthy.key]
                return session?.quarantine != nil || session?.head == 3
            }
            #expect(looks.withState { $0 } > 1)
            #expect(nodes.scene.journal.contents.sessions[healthy.key]?.quarantine == nil)
        }
    }

    @Test func `I10: a shard is served as soon as its own work is done, and no sooner`() async throws {
        let nodes = try await NodeScene()
        let suspect = try await suspect(in: nodes)
        let isHeldUp = Guarded(true)
        let heir = try node(in: nodes) { call throws(JournalError) in
            // The mark of this one session cannot be written down, so that nothing is done for it.
            guard case .writeDown(let group) = call, group.members.contains(suspect) else { return }
            if isHeldUp.withState({ $0 }) { throw .unavailable("not this one") }
        }
        try await nodes.running(heir) {
            try await nodes.until { await heir.ownedShards == 255 }
            #expect(nodes.scene.journal.contents.sessions[suspect.key]?.head == 2)
            isHeldUp.withState { $0 = false }
            try await nodes.until { await heir.ownedShards == 256 }
            #expect(nodes.scene.journal.contents.sessions[suspect.key]?.head == 3)
        }
    }

    /// A session with a deadline that is over, whose owner has died.
    private func suspect(in nodes: NodeScene) async throws -> SessionIdentity {
        let scene = nodes.scene
        try await scene.serving { engine in
            _ = try await scene.start(engine, id: "suspect")
            _ = try await scene.open(engine, SessionLifeTests.permission, in: SessionID("suspect"))
        }
        _ = try await SharedMemoryJournal(scene.journal).takeUp(node: NodeName("dead"))
        scene.clock.advance(milliseconds: 3_600_000)
        return try #require(try await scene.journal.find(SessionID("suspect"), in: scene.scope))
    }

    private func node(
        in nodes: NodeScene, before: @escaping @Sendable (WatchedRecovery.Call) throws(JournalError) -> Void
    ) throws -> Engine {
        var scene = nodes.scene
        let shared = SharedMemoryJournal(scene.journal, leaseMilliseconds: 120_000)
        scene.decorate = { _ in WatchedRecovery(base: shared, before: before) }
        return try scene.engine()
    }
}

/// A journal that tells of the calls that recovery makes, before it makes them, and fails them if it is told to.
private struct WatchedRecovery: JournalDecorator {
    enum Call: Equatable {
        case standingGroups
        case writeDown(RecoveryGroup)
        case load
        case strikeOff
    }

    let base: any Journal
    let before: @Sendable (Call) throws(JournalError) -> Void

    func standingGroups(among shards: [Shard]) async throws(JournalError) -> [RecoveryGroup] {
        let groups = try await base.standingGroups(among: shards)
        try before(.standingGroups)
        return groups
    }

    func writeDown(_ group: RecoveryGroup) async throws(JournalError) {
        try before(.writeDown(group))
        try await base.writeDown(group)
    }

    func load(
        _ key: SessionKey, in scope: Scope, usingSnapshot: Bool
    ) async throws(JournalError) -> StoredSession? {
        try before(.load)
        return try await base.load(key, in: scope, usingSnapshot: usingSnapshot)
    }

    func strikeOff(_ group: Int64) async throws(JournalError) {
        try before(.strikeOff)
        try await base.strikeOff(group)
    }
}

/// A journal in which marks of another node stand at the second look.
private struct OthersMarks: JournalDecorator {
    let base: any Journal
    let looks: Guarded<Int>
    let marks: [RecoveryGroup]

    func standingGroups(among shards: [Shard]) async throws(JournalError) -> [RecoveryGroup] {
        let count = looks.withState { looks in
            looks += 1
            return looks
        }
        if count == 2 { for mark in marks { try await base.writeDown(mark) } }
        return try await base.standingGroups(among: shards)
    }
}
