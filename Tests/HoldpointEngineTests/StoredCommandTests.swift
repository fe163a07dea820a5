import HoldpointCore
import HoldpointEngine
import HoldpointPorts
import HoldpointTesting
import JSON
import Testing

@Suite("Commands that are stored first") struct StoredCommandTests {
    @Test(.timeLimit(.minutes(1))) func `I3: a stored answer gets exactly one outcome`() async throws {
        let scene = try await EngineScene()
        try await scene.serving { engine in
            let session = try await scene.start(engine)
            let request = try await scene.open(engine, SessionLifeTests.permission, in: session.state.identity.id)
            let first = try await scene.storeAnswer(engine, ["action": "approve"], to: request.request.id)
            let second = try await scene.storeAnswer(
                engine, ["action": "reject"], to: request.request.id, by: EngineScene.bob)
            let outcomes = [
                try await scene.outcome(engine, of: first), try await scene.outcome(engine, of: second),
            ]
            let applied = outcomes.filter { if case .applied = $0 { true } else { false } }
            #expect(applied.count == 1)
            #expect(
                outcomes.contains { if case .refused(let why) = $0 { why.code == .alreadyAnswered } else { false } })
        }
    }

    @Test(.timeLimit(.minutes(1))) func `I3: a delivery that is lost is found by the sweep`() async throws {
        let scene = try await EngineScene()
        try await scene.serving { engine in
            let session = try await scene.start(engine)
            let request = try await scene.open(engine, SessionLifeTests.permission, in: session.state.identity.id)
            scene.faults.arm(.deliveryLost)
            let stored = try await scene.storeAnswer(engine, ["action": "approve"], to: request.request.id)
            #expect(scene.faults.count(of: .deliveryLost) == 1)
            guard case .applied = try await scene.outcome(engine, of: stored) else { throw Surprise("refused") }
        }
    }

    @Test(.timeLimit(.minutes(1))) func `I3: an answer stored in time beats the deadline that passes meanwhile`()
        async throws
    {
        #expect(try await statusOfAnswerStoredBeforeDeadline { $0 } == .answered)
    }

    @Test(.timeLimit(.minutes(1)))
    func `I3: a store that hides stored answers from the deadline is what that test finds`() async throws {
        #expect(try await statusOfAnswerStoredBeforeDeadline { ForgetfulInboxJournal($0) } == .expired)
    }

    /// Stores an answer in the last moment, loses its delivery, and lets the deadline come first.
    private func statusOfAnswerStoredBeforeDeadline(
        _ decorate: @escaping @Sendable (any Journal) -> any Journal
    ) async throws -> RequestStatus {
        var scene = try await EngineScene()
        scene.decorate = decorate
        // The sweep must not come before the deadline here.
        scene.configure = { $0.sweepMilliseconds = 86_400_000 }
        let shared = scene
        let result = Guarded(RequestStatus.pending)
        try await shared.serving { engine in
            let session = try await shared.start(engine)
            let id = session.state.identity.id
            let request = try await shared.open(engine, SessionLifeTests.permission, in: id).request.id
            shared.clock.advance(milliseconds: 1_799_999)
            shared.faults.arm(.deliveryLost)
            _ = try await shared.storeAnswer(engine, ["action": "approve"], to: request)
            shared.clock.advance(milliseconds: 1)
            _ = try await shared.status(engine, of: id, becomes: .running)
            let status = try await engine.request(request, in: shared.scope).status
            result.withState { $0 = status }
        }
        return result.withState { $0 }
    }

    @Test(.timeLimit(.minutes(1))) func `a start can be stored first`() async throws {
        let scene = try await EngineScene()
        try await scene.serving { engine in
            let start = SessionStart(
                id: try SessionID("later"), agent: scene.agent, input: .null, labels: [:], onBehalfOf: nil)
            let result = try await engine.start(
                start, in: scene.scope, options: scene.options(respondAsync: true))
            guard case .stored(let id, _, _) = result else { throw Surprise("started at once") }
            guard case .applied(.session(isNew: true)) = try await scene.outcome(engine, of: id) else {
                throw Surprise("not started")
            }
            #expect(try await engine.session(SessionID("later"), in: scene.scope).status == .running)
        }
    }

    @Test(.timeLimit(.minutes(1))) func `a command that fails by itself is given up after five attempts`() async throws
    {
        var scene = try await EngineScene()
        scene.decorate = { RefusingJournal(base: $0) }
        let shared = scene
        try await shared.serving { engine in
            let session = try await shared.start(engine)
            let result = try await engine.command(
                .message(.string(RefusingJournal.poison)), to: session.state.identity.id, in: shared.scope,
                options: shared.options(respondAsync: true))
            guard case .stored(let id, _, _) = result else { throw Surprise("applied at once") }
            guard case .dead = try await shared.outcome(engine, of: id) else { throw Surprise("not given up") }
            #expect(try await engine.storedCommand(id, in: shared.scope).command.attempts == 5)
        }
    }

    @Test(.timeLimit(.minutes(1))) func `a store that is away costs a stored command no attempt`() async throws {
        let scene = try await EngineScene()
        try await scene.serving { engine in
            let session = try await scene.start(engine)
            scene.faults.arm(.commitUnavailable, times: 7)
            let result = try await engine.command(
                .message("hello"), to: session.state.identity.id, in: scene.scope,
                options: scene.options(respondAsync: true))
            guard case .stored(let id, _, _) = result else { throw Surprise("applied at once") }
            guard case .applied = try await scene.outcome(engine, of: id) else { throw Surprise("not applied") }
            #expect(try await engine.storedCommand(id, in: scene.scope).command.attempts == 0)
        }
    }
}

/// A store that cannot take a certain text, whatever is done.
struct RefusingJournal: JournalDecorator {
    static let poison = "a text that this store cannot hold"

    let base: any Journal

    func commit(_ commit: SessionCommit) async throws(JournalError) -> CommitReceipt {
        let isPoisoned = commit.events.contains { String(decoding: $0.data, as: UTF8.self).contains(Self.poison) }
        if isPoisoned { throw .refused("the text cannot be held") }
        return try await base.commit(commit)
    }
}
