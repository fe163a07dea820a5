import HoldpointCore
import HoldpointEngine
import HoldpointPorts
import HoldpointTesting
import JSON
import Testing

/// Users who answer through a key, over a real engine.
@Suite("People", .timeLimit(.minutes(1))) struct PeopleTests {
    private static let platform = Principal.key("platform")
    private static let approve: JSONValue = ["action": "approve"]

    private static func permission(_ extra: JSONObject = [:], quorum: Int64 = 2) -> JSONValue {
        var body: JSONObject = [
            "type": "permission", "title": "Send it?", "tool": "send", "arguments": ["amount": 2_000],
            "approvers": ["groups": ["finance"], "quorum": .integer(quorum), "accreditation": "N2"],
        ]
        for (key, value) in extra { body[key] = value }
        return .object(body)
    }

    private func scene() async throws -> EngineScene {
        let scene = try await EngineScene()
        for number in 0..<12 { try await put("p\(number)", in: scene) }
        return scene
    }

    private func put(
        _ id: String, _ accreditation: Accreditation = .n2, isActive: Bool = true, in scene: EngineScene,
        _ scope: Scope? = nil
    ) async throws {
        let user = User(
            id: try UserID(id), accreditation: accreditation, groups: [try GroupName("finance")], isActive: isActive)
        let record = UserRecord(user: user, updatedAt: scene.clock.now())
        _ = try await scene.journal.putUser(record, in: scope ?? scene.scope)
    }

    @discardableResult
    private func answer(
        _ engine: Engine, _ scene: EngineScene, _ response: JSONValue, to request: RequestID, as user: String
    ) async throws -> RequestView {
        let result = try await engine.answer(
            RawAnswer(response: response, comment: nil, user: try UserID(user)), to: request, in: scene.scope,
            options: scene.options(Self.platform))
        guard case .request(let view, _, _) = result else { throw Surprise("the answer was stored") }
        return view
    }

    private func types(_ engine: Engine, _ scene: EngineScene, _ session: SessionID) async throws -> [String] {
        try await engine.events(of: session, in: scene.scope, after: 0, limit: 1_000).items.map { event in
            try JSONParser.parse(event.json)["type"]?.stringValue ?? ""
        }
    }

    @Test func `I3, I7: people who answer in the same moment each get their outcome, and no vote counts twice`()
        async throws
    {
        let scene = try await scene()
        try await scene.serving { engine in
            let session = try await scene.start(engine).state.identity.id
            let request = try await scene.open(engine, Self.permission(quorum: 5), in: session).request.id
            // Each of them twice, all at once: the repetition is the same vote.
            let outcomes = await withTaskGroup(of: Result<RequestStatus, any Error>.self) { group in
                for number in 0..<24 {
                    group.addTask {
                        do {
                            let user = "p\(number % 12)"
                            return .success(
                                try await self.answer(engine, scene, Self.approve, to: request, as: user).status)
                        } catch { return .failure(error) }
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            let applied = outcomes.filter { (try? $0.get()) != nil }.count
            let late = outcomes.filter { outcome in
                if case .failure(GatewayError.rejected(let why)) = outcome {
                    why.code == .alreadyAnswered
                } else {
                    false
                }
            }
            #expect(applied + late.count == 24)
            let kinds = try await types(engine, scene, session)
            #expect(kinds.filter { $0 == "hitl_voted" }.count == 4)
            #expect(kinds.filter { $0 == "hitl_responded" }.count == 1)
            let view = try await engine.request(request, in: scene.scope)
            #expect(Set(try #require(view.closing?.approvals).map(\.user)).count == 5)
            // Ten answers are of those five; whoever else was late.
            #expect(applied == 10)
        }
    }

    @Test func `I6: votes and claims outlive the node, and are seen as before`() async throws {
        let scene = try await scene()
        let kept = Guarded<(SessionID, RequestID, RequestProgress)?>(nil)
        try await scene.serving { engine in
            let session = try await scene.start(engine).state.identity.id
            let request = try await scene.open(engine, Self.permission(quorum: 3), in: session).request.id
            try await answer(engine, scene, Self.approve, to: request, as: "p1")
            _ = try await engine.act(
                .claim(by: try UserID("p2"), seconds: 600), on: request, in: scene.scope,
                options: scene.options(Self.platform))
            let progress = try #require(try await engine.request(request, in: scene.scope).progress)
            #expect(progress.votes.map(\.approval.user.text) == ["p1"])
            #expect(progress.claim?.user.text == "p2")
            kept.withState { $0 = (session, request, progress) }
        }
        let (session, request, progress) = try #require(kept.read { $0 })
        try await scene.serving { engine in
            // Read from the store, and then in memory.
            #expect(try await engine.request(request, in: scene.scope).progress == progress)
            let why = try await rejection { try await answer(engine, scene, Self.approve, to: request, as: "p3") }
            #expect(why.code == .claimed)
            #expect(try await engine.request(request, in: scene.scope).progress == progress)
            try await answer(engine, scene, Self.approve, to: request, as: "p2")
            let view = try await answer(engine, scene, Self.approve, to: request, as: "p3")
            #expect(view.closing?.approvals.map(\.user.text) == ["p1", "p2", "p3"])
            #expect(try await engine.session(session, in: scene.scope).status == .running)
        }
    }

    @Test func `an answer that was stored counts for what its giver was when it was received`() async throws {
        var scene = try await EngineScene()
        scene.configure = { $0.sweepMilliseconds = 5_000 }
        try await put("p1", in: scene)
        try await scene.serving { [scene] engine in
            let session = try await scene.start(engine).state.identity.id
            let request = try await scene.open(engine, Self.permission(quorum: 1), in: session).request.id
            scene.faults.arm(.deliveryLost)
            let result = try await engine.answer(
                RawAnswer(response: Self.approve, comment: nil, user: try UserID("p1")), to: request, in: scene.scope,
                options: scene.options(Self.platform, respondAsync: true))
            guard case .stored(let stored, _, _) = result else { throw Surprise("it was applied at once") }
            try await put("p1", .n0, isActive: false, in: scene)
            guard case .applied = try await scene.outcome(engine, of: stored) else { throw Surprise("refused") }
            let closing = try #require(try await engine.request(request, in: scene.scope).closing)
            #expect(closing.closedBy?.text == "user:p1")
            #expect(closing.via == Self.platform)
        }
    }

    @Test func `I5: whoever is no active user of this very project is refused with the place`() async throws {
        let scene = try await scene()
        try await put("foreign", in: scene, scene.otherScope)
        try await put("gone", isActive: false, in: scene)
        try await scene.serving { engine in
            let session = try await scene.start(engine).state.identity.id
            let request = try await scene.open(engine, Self.permission(), in: session).request.id
            for user in ["foreign", "gone", "nobody"] {
                let why = try await rejection { try await answer(engine, scene, Self.approve, to: request, as: user) }
                #expect(why.code == .userUnknown)
                #expect(why.violations.map(\.pointer.description) == ["/as"])
                let other = try await rejection {
                    try await engine.act(
                        .delegate(by: try UserID("p1"), to: try UserID(user)), on: request, in: scene.scope,
                        options: scene.options(Self.platform))
                }
                #expect(other.violations.map(\.pointer.description) == ["/to"])
            }
            let why = try await rejection { try await scene.answer(engine, Self.approve, to: request) }
            #expect(why.code == .notAnApprover)
        }
    }

    @Test func `I8: reminders and steps come at their times, and silence is a rejection at last`() async throws {
        let scene = try await scene()
        try await scene.serving { engine in
            let session = try await scene.start(engine).state.identity.id
            let body = Self.permission([
                "expires_in": 40, "reminders": [10], "escalation": [["after": 20, "approvers": ["users": ["boss"]]]],
            ])
            let request = try await scene.open(engine, body, in: session).request.id
            _ = try await scene.status(engine, of: session, becomes: .running)
            #expect(
                try await types(engine, scene, session) == [
                    "session_started", "hitl_requested", "hitl_reminded", "hitl_escalated", "hitl_expired",
                ])
            #expect(try await engine.request(request, in: scene.scope).closing?.response == ["action": "reject"])
            let result = try await engine.act(
                .reopen(by: nil), on: request, in: scene.scope, options: scene.options(key: "again"))
            guard case .request(let view, true, false) = result else { throw Surprise("it was not asked again") }
            #expect(view.request.reopening?.follows == request)
            #expect(view.status == .pending)
        }
    }

    @Test func `I3: an answer that was stored in time goes before the step of the escalation and the deadline`()
        async throws
    {
        var scene = try await EngineScene()
        try await put("p1", in: scene)
        scene.configure = { $0.sweepMilliseconds = 86_400_000 }
        try await scene.serving { [scene] engine in
            let session = try await scene.start(engine).state.identity.id
            let body = Self.permission(
                ["escalation": [["after": 20, "approvers": ["users": ["boss"]]]]], quorum: 1)
            let request = try await scene.open(engine, body, in: session).request.id
            scene.clock.advance(milliseconds: 19_999)
            scene.faults.arm(.deliveryLost)
            _ = try await engine.answer(
                RawAnswer(response: Self.approve, comment: nil, user: try UserID("p1")), to: request, in: scene.scope,
                options: scene.options(Self.platform, respondAsync: true))
            scene.clock.advance(milliseconds: 1)
            _ = try await scene.status(engine, of: session, becomes: .running)
            #expect(
                try await types(engine, scene, session) == ["session_started", "hitl_requested", "hitl_responded"])
        }
    }
}
