import HoldpointCore
import JSON
import Testing

@Suite struct ReopeningTests {
    private let responder = Responder(key: Sample.operatorKey)

    private func reopen(
        _ session: LiveSession, _ number: UInt64, as id: UInt64, wasRejected: Bool = false
    ) throws -> ReopenRequest {
        let opened = session.log.first {
            $0.type == "hitl_requested" && (try? $0.json()["id"]?.stringValue) == Sample.request(number).description
        }
        let request = try HumanRequest(recorded: try #require(opened).json())
        return try ReopenRequest(
            id: Sample.request(id), reopening: request, wasRejected: wasRejected, responder: responder)
    }

    @Test(arguments: 0..<4)
    func `what expired is asked again, the same and for as long`(type: Int) throws {
        let body = Sample.merge(
            try GoldenHistory.questions()[type],
            ["expires_in": 60, "reminders": [5], "approvers": ["groups": ["finance"]]])
        var session = try People.waiting(body)
        session.advance(seconds: 60)
        try session.accept(FireDeadlines())
        session.advance(seconds: 5)
        let entry = try #require(try session.accept(try reopen(session, 1, as: 2)).first)
        let (old, again) = (try session.log[1].json(), try entry.json())
        #expect(again["follows"]?.stringValue == Sample.request(1).description)
        #expect(again["reopened_by"] == "key:operator")
        #expect(again["opened_by"] == "key:agent-key", "who asked fetches the secrets")
        let request = try #require(session.state.openRequest(Sample.request(2))?.request)
        #expect(request.expiresAt == session.now.adding(milliseconds: 60_000))
        let own = ["id", "created_at", "expires_at", "follows", "reopened_by"]
        let removed = JSONValue.object(JSONObject(own.map { ($0, .null) }))
        #expect(Sample.merge(again, removed) == Sample.merge(old, removed))
    }

    @Test func `what was withdrawn or rejected is asked again, what was approved or waits is not`() throws {
        var session = try People.waiting(
            Sample.permission(), Sample.permission(), Sample.permission(), Sample.permission(), Sample.decision())
        try session.accept(session.answer(1, ["action": "approve"]))
        try session.accept(session.answer(2, ["action": "reject"]))
        try session.accept(WithdrawRequest(request: Sample.request(3), reason: nil, principal: Sample.agent))
        try session.accept(session.answer(5, ["decision": "fast"]))
        #expect(session.refusal(of: try reopen(session, 1, as: 9))?.code == .alreadyAnswered)
        #expect(session.refusal(of: try reopen(session, 4, as: 9))?.code == .requestPending)
        #expect(session.refusal(of: try reopen(session, 5, as: 9))?.code == .alreadyAnswered)
        try session.accept(try reopen(session, 2, as: 6, wasRejected: true))
        try session.accept(try reopen(session, 3, as: 7))
        // Asked by two, it is asked once; answered, it can be asked again.
        guard case .accept(let events, let reply) = session.decide(try reopen(session, 3, as: 8)) else {
            Issue.record("it was refused")
            return
        }
        #expect(events.isEmpty)
        #expect(reply == .request(Sample.request(7), isNew: false))
        try session.accept(session.answer(7, ["action": "reject"]))
        try session.accept(try reopen(session, 7, as: 8, wasRejected: true))
        try session.accept(try reopen(session, 3, as: 10))
    }

    @Test func `a session that ended, is paused, or asks by itself, and one with too many, is not asked again`() throws
    {
        var session = try People.waiting(Sample.decision(), Sample.decision())
        try session.accept(WithdrawRequest(request: Sample.request(1), reason: nil, principal: Sample.agent))
        let again = try reopen(session, 1, as: 3)
        session.limits.openRequests = 1
        #expect(session.refusal(of: again)?.code == .tooManyOpenRequests)
        session.limits = .standard
        session.limits.totalRequests = 2
        #expect(session.refusal(of: again)?.code == .tooManyRequests)
        session.limits = .standard
        try session.accept(PauseSession(reason: nil, principal: Sample.operatorKey))
        #expect(session.refusal(of: again)?.code == .sessionPaused)
        try session.accept(CancelSession(reason: nil, principal: Sample.operatorKey))
        #expect(session.refusal(of: again)?.code == .sessionFinished)
    }
}
