import HoldpointCore
import HoldpointEngine
import HoldpointPorts
import HoldpointTesting
import JSON
import Testing

@Suite("A session's life in the engine") struct SessionLifeTests {
    static let permission: JSONValue = [
        "type": "permission", "title": "Send it?", "tool": "send", "arguments": ["amount": 2_000], "allow_edit": true,
        "expires_in": 1_800,
    ]

    @Test(.timeLimit(.minutes(1))) func `a session pauses, is answered and completes`() async throws {
        let scene = try await EngineScene()
        try await scene.serving { engine in
            let started = try await scene.start(engine)
            let id = started.state.identity.id
            let request = try await scene.open(engine, Self.permission, in: id)
            #expect(try await engine.session(id, in: scene.scope).status == .waiting)
            let answered = try await scene.answer(engine, ["action": "approve"], to: request.request.id)
            #expect(answered.status == .answered)
            #expect(answered.closing?.approvedDigest == request.request.argumentsDigest)
            let done = try await engine.command(
                .complete(output: ["sent": true]), to: id, in: scene.scope, options: scene.options())
            guard case .session(let view, _, _) = done else { throw Surprise("stored") }
            #expect(view.status == .completed)
            #expect(view.state.sequence == 4)
        }
    }

    @Test(.timeLimit(.minutes(1))) func `I3: of two answers at once one wins and the other learns who`() async throws {
        let scene = try await EngineScene()
        try await scene.serving { engine in
            let session = try await scene.start(engine)
            let request = try await scene.open(engine, Self.permission, in: session.state.identity.id).request.id
            let results = await withTaskGroup(of: Result<RequestView, any Error>.self) { group in
                for principal in [EngineScene.alice, EngineScene.bob] {
                    group.addTask {
                        do {
                            return .success(
                                try await scene.answer(engine, ["action": "approve"], to: request, by: principal))
                        } catch {
                            return .failure(error)
                        }
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            let winners = results.compactMap { try? $0.get() }
            #expect(winners.count == 1)
            let winner = try #require(winners.first?.closing?.closedBy)
            let loser = winner == EngineScene.alice ? EngineScene.bob : EngineScene.alice
            let refused = try await rejection {
                try await scene.answer(engine, ["action": "approve"], to: request, by: loser)
            }
            #expect(refused.code == .alreadyAnswered)
            #expect(refused.winner?["responded_by"]?.stringValue == winner.text)
            let events = try await engine.events(
                of: session.state.identity.id, in: scene.scope, after: 0, limit: 100)
            #expect(events.items.filter { $0.type == EventType("hitl_responded") }.count == 1)
        }
    }

    @Test(.timeLimit(.minutes(1))) func `the same person repeating the same answer is told it is applied`() async throws
    {
        let scene = try await EngineScene()
        try await scene.serving { engine in
            let session = try await scene.start(engine)
            let request = try await scene.open(engine, Self.permission, in: session.state.identity.id).request.id
            _ = try await scene.answer(engine, ["action": "approve"], to: request)
            let again = try await scene.answer(engine, ["action": "approve"], to: request)
            #expect(again.status == .answered)
            let other = try await rejection {
                try await scene.answer(engine, ["action": "reject"], to: request)
            }
            #expect(other.code == .alreadyAnswered)
        }
    }

    @Test(.timeLimit(.minutes(1))) func `I8: silence rejects a permission at its deadline`() async throws {
        let scene = try await EngineScene()
        try await scene.serving { engine in
            let session = try await scene.start(engine)
            let id = session.state.identity.id
            let request = try await scene.open(engine, Self.permission, in: id).request.id
            scene.clock.advance(milliseconds: 1_800_000)
            _ = try await scene.status(engine, of: id, becomes: .running)
            let view = try await engine.request(request, in: scene.scope)
            #expect(view.status == .expired)
            #expect(view.closing?.response == ["action": "reject"])
            #expect(view.closing?.closedBy == nil)
            let late = try await rejection { try await scene.answer(engine, ["action": "approve"], to: request) }
            #expect(late.code == .requestExpired)
        }
    }

    @Test(.timeLimit(.minutes(1))) func `the same id with the same input is the same session`() async throws {
        let scene = try await EngineScene()
        try await scene.serving { engine in
            let first = try await scene.start(engine, id: "order-1")
            let second = try await scene.start(engine, id: "order-1")
            #expect(first.state.identity == second.state.identity)
            let other = try await rejection { try await scene.start(engine, id: "order-1", input: ["n": 2]) }
            #expect(other.code == .sessionExists)
        }
    }

    @Test(.timeLimit(.minutes(1))) func `an idempotency key makes one session of two starts`() async throws {
        let scene = try await EngineScene()
        try await scene.serving { engine in
            let first = try await scene.start(engine, key: "POST /sessions k1")
            let second = try await scene.start(engine, key: "POST /sessions k1")
            #expect(first.state.identity == second.state.identity)
            let other = try await rejection {
                try await scene.start(engine, input: ["n": 2], key: "POST /sessions k1")
            }
            #expect(other.code == .idempotencyMismatch)
            #expect(scene.journal.contents.sessions.count == 1)
        }
    }

    @Test(.timeLimit(.minutes(1))) func `I5: nothing of another scope is found`() async throws {
        let scene = try await EngineScene()
        try await scene.serving { engine in
            let session = try await scene.start(engine, id: "mine")
            let id = session.state.identity.id
            let request = try await scene.open(engine, Self.permission, in: id).request.id
            let other = scene.otherScope
            let options = scene.options()
            #expect(try await rejection { try await engine.session(id, in: other) }.code == .sessionNotFound)
            #expect(
                try await rejection { try await engine.events(of: id, in: other, after: 0, limit: 1) }.code
                    == .sessionNotFound)
            #expect(try await rejection { try await engine.request(request, in: other) }.code == .requestNotFound)
            #expect(
                try await rejection {
                    try await engine.answer(
                        RawAnswer(response: ["action": "approve"], comment: nil), to: request, in: other,
                        options: options)
                }.code == .requestNotFound)
            #expect(
                try await rejection {
                    try await engine.command(.cancel(reason: nil), to: id, in: other, options: options)
                }.code == .sessionNotFound)
            #expect(
                try await engine.sessions(status: nil, agent: nil, cursor: nil, limit: 10, in: other).items.isEmpty)
            #expect(
                try await engine.requests(
                    status: nil, type: nil, session: nil, cursor: nil, limit: 10, in: other
                ).items.isEmpty)
        }
    }

    @Test(.timeLimit(.minutes(1))) func `a full mailbox refuses instead of growing`() async throws {
        var scene = try await EngineScene()
        scene.configure = { $0.mailboxCapacity = 1 }
        let shared = scene
        try await shared.serving { engine in
            let session = try await shared.start(engine)
            let id = session.state.identity.id
            let refused = await withTaskGroup(of: Bool.self) { group in
                for index in 0..<64 {
                    group.addTask {
                        do {
                            _ = try await engine.command(
                                .step(name: "s\(index)", data: .null), to: id, in: shared.scope,
                                options: shared.options())
                            return false
                        } catch GatewayError.unavailable {
                            return true
                        } catch {
                            return false
                        }
                    }
                }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            let head = try await engine.session(id, in: shared.scope).state.sequence
            #expect(Int(head) == 1 + 64 - refused)
        }
    }
}
