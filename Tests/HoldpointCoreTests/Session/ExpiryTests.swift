import HoldpointCore
import JSON
import Testing

@Suite struct ExpiryTests {
    private func waiting(_ body: JSONValue, expiresIn seconds: Int64 = 60) throws -> LiveSession {
        var session = try LiveSession.started()
        try session.accept(try Sample.open(1, Sample.merge(body, ["expires_in": .integer(seconds)])))
        return session
    }

    @Test func `I8: a permission expires as rejected and as not answered`() throws {
        var session = try waiting(Sample.permission())
        session.advance(seconds: 60)
        let entry = try #require(try session.accept(FireDeadlines()).first)
        #expect(entry.type == "hitl_expired")
        #expect(
            try entry.json() == [
                "request": .string(Sample.request(1).description), "answered": false,
                "response": ["action": "reject"],
            ])
        #expect(session.state.closedRequest(Sample.request(1))?.status == .expired)
        #expect(session.state.closedRequest(Sample.request(1))?.closedBy == nil)
        #expect(session.state.status == .running)
    }

    @Test(arguments: [Sample.clarification(), Sample.decision(), Sample.environment()])
    func `I8: without a declared default silence stands for nothing`(body: JSONValue) throws {
        var session = try waiting(body)
        session.advance(seconds: 60)
        let entry = try #require(try session.accept(FireDeadlines()).first)
        #expect(try entry.json()["response"] == .null)
        #expect(try entry.json()["answered"] == false)
    }

    private static let declared: [(JSONValue, JSONValue)] = [
        (Sample.clarification(["default": "Home"]), ["answer": "Home"]),
        (Sample.decision(["default": ["decision": "cheap"]]), ["decision": "cheap"]),
    ]

    @Test(arguments: declared)
    func `I8: a default that was declared applies, recorded as not answered`(
        body: JSONValue, response: JSONValue
    ) throws {
        var session = try waiting(body)
        session.advance(seconds: 61)
        let entry = try #require(try session.accept(FireDeadlines()).first)
        #expect(try entry.json()["response"] == response)
        #expect(try entry.json()["answered"] == false)
        let closing = try #require(RequestClosing(try decoded(entry), at: entry.position.time))
        #expect(closing.status == .expired)
        #expect(closing.response == response)
        #expect(closing.approvedDigest == nil)
    }

    @Test func `nothing expires before its deadline, and all that is due expires at once`() throws {
        var session = try waiting(Sample.permission())
        try session.accept(try Sample.open(2, Sample.decision(["expires_in": 30])))
        try session.accept(try Sample.open(3, Sample.decision(["expires_in": 300])))
        try session.accept(try Sample.open(4, Sample.decision()))
        #expect(session.state.wakeAt == Sample.start.adding(milliseconds: 30_000))
        session.now = Sample.start.adding(milliseconds: 29_999)
        #expect(try session.accept(FireDeadlines()).isEmpty)
        session.now = Sample.start.adding(milliseconds: 60_000)
        #expect(try session.accept(FireDeadlines()).map(\.type) == ["hitl_expired", "hitl_expired"])
        #expect(session.state.openRequests.map(\.request.id) == [Sample.request(3), Sample.request(4)])
        #expect(session.state.wakeAt == Sample.start.adding(milliseconds: 300_000))
        #expect(try session.accept(FireDeadlines()).isEmpty)
    }

    @Test func `an answer received at the deadline is too late, one millisecond before it is in time`() throws {
        let session = try waiting(Sample.permission())
        let deadline = try #require(session.state.wakeAt)
        let late = session.refusal(of: session.answer(1, ["action": "approve"], receivedAt: deadline))
        #expect(late?.code == .requestExpired)
        #expect(late?.code.category == .gone)
        let early = session.answer(1, ["action": "approve"], receivedAt: deadline.adding(milliseconds: -1))
        #expect(session.refusal(of: early) == nil)
    }

    @Test func `I3: a stored answer that was received in time wins however late it is applied`() throws {
        var session = try waiting(Sample.permission())
        let answer = session.answer(1, ["action": "approve"])
        session.advance(seconds: 3_600)
        let entry = try #require(try session.accept(answer).first)
        #expect(entry.type == "hitl_responded")
        #expect(try entry.json()["received_at"] == .string(Sample.start.description))
        #expect(try session.accept(FireDeadlines()).isEmpty)
        #expect(try fold(session.log, onto: try LiveSession().state) == session.state)
    }

    @Test func `after expiry an answer is gone, and so is a withdrawal`() throws {
        var session = try waiting(Sample.decision(["default": "fast"]))
        session.advance(seconds: 60)
        try session.accept(FireDeadlines())
        #expect(session.refusal(of: session.answer(1, ["decision": "fast"]))?.code == .requestExpired)
        let early = session.answer(1, ["decision": "fast"], receivedAt: Sample.start)
        #expect(session.refusal(of: early)?.code == .requestExpired)
        let withdrawal = WithdrawRequest(request: Sample.request(1), reason: nil, principal: Sample.agent)
        #expect(session.refusal(of: withdrawal)?.code == .requestExpired)
    }

    @Test func `deadlines find nothing to do in a session that ended`() throws {
        var session = try waiting(Sample.permission())
        try session.accept(CompleteSession(output: 1, principal: Sample.agent))
        session.advance(seconds: 3_600)
        #expect(try session.accept(FireDeadlines()).isEmpty)
        #expect(session.state.wakeAt == nil)
    }
}
