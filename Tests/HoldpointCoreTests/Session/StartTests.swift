import HoldpointCore
import JSON
import Testing

@Suite struct StartTests {
    @Test func `a start pins agent, version, program and input`() throws {
        var session = try LiveSession()
        #expect(session.state.isStarted == false)
        let entry = try #require(try session.accept(try Sample.start(labels: ["team": "sales"])).first)
        #expect(entry.type == "session_started")
        #expect(session.state.agent?.text == "biller")
        #expect(session.state.agentVersion == 3)
        #expect(session.state.program == .external)
        #expect(session.state.interpreterVersion == Program.external.interpreterVersion)
        #expect(session.state.input == ["order": 7])
        #expect(session.state.labels == ["team": "sales"])
        #expect(session.state.createdAt == Sample.start)
        #expect(session.state.status == .running)
    }

    @Test func `the same start again changes nothing and is not new`() throws {
        var session = try LiveSession.started()
        guard case .accept(let events, let reply) = session.decide(try Sample.start(input: json(#"{"order": 7.0}"#)))
        else {
            Issue.record("the repetition was not accepted")
            return
        }
        #expect(events.isEmpty)
        #expect(reply == .session(isNew: false))
        try session.accept(CancelSession(reason: nil, principal: Sample.alice))
        #expect(session.refusal(of: try Sample.start()) == nil)
    }

    @Test func `the id with another agent or input is refused`() throws {
        let session = try LiveSession.started()
        #expect(session.refusal(of: try Sample.start(input: ["order": 8]))?.code == .sessionExists)
        #expect(session.refusal(of: try Sample.start(agent: "other"))?.code == .sessionExists)
    }

    @Test func `a new start is answered as new`() throws {
        guard case .accept(_, let reply) = try LiveSession().decide(try Sample.start()) else {
            Issue.record("the start was not accepted")
            return
        }
        #expect(reply == .session(isNew: true))
    }

    /// Every command but the start and the deadlines, which find nothing to do.
    static func commands() throws -> [any SessionCommand] {
        [
            ReceiveMessage(content: "hello", principal: Sample.alice),
            RecordStep(name: "read", stepData: [:], principal: Sample.agent),
            try Sample.open(9, Sample.decision()),
            WithdrawRequest(request: Sample.request(1), reason: nil, principal: Sample.agent),
            PauseSession(reason: nil, principal: Sample.operatorKey),
            ResumeSession(reason: nil, principal: Sample.operatorKey),
            CompleteSession(output: 1, principal: Sample.agent),
            FailSession(error: ["title": "no"], principal: Sample.agent),
            CancelSession(reason: nil, principal: Sample.alice),
        ]
    }

    @Test func `nothing can be asked of a session that has not started`() throws {
        let session = try LiveSession()
        for command in try Self.commands() {
            let code = session.refusal(of: command)?.code
            #expect(code?.category == .notFound, "\(type(of: command).kind): \(String(describing: code))")
        }
        #expect(session.refusal(of: session.answer(1, ["decision": "fast"]))?.code == .requestNotFound)
        #expect(session.refusal(of: FireDeadlines()) == nil)
    }

    @Test func `messages and steps are recorded and change nothing else`() throws {
        var session = try LiveSession.started()
        let before = session.state
        let message = try session.accept(ReceiveMessage(content: ["text": "hi"], principal: Sample.alice))
        let step = try session.accept(RecordStep(name: "read", stepData: ["n": 1], principal: Sample.agent))
        #expect(try message.first?.json() == ["content": ["text": "hi"], "by": "key:alice"])
        #expect(try step.first?.json() == ["name": "read", "data": ["n": 1], "by": "key:agent-key"])
        #expect(session.state.heldBytes == before.heldBytes)
        #expect(session.state.sequence == 3)
        #expect(session.state.status == .running)
    }
}
