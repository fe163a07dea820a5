import HoldpointCore
import JSON
import Testing

@Suite struct PauseTests {
    private static let pause = PauseSession(reason: "audit", principal: Sample.operatorKey)
    private static let resume = ResumeSession(reason: "done", principal: Sample.operatorKey)

    private func paused() throws -> LiveSession {
        var session = try LiveSession.started()
        try session.accept(try Sample.open(1, Sample.decision(["expires_in": 60])))
        try session.accept(Self.pause)
        return session
    }

    @Test func `a pause is recorded once, and resuming ends it`() throws {
        var session = try paused()
        #expect(session.state.status == .paused)
        #expect(try session.accept(Self.pause).isEmpty)
        let entry = try #require(try session.accept(Self.resume).first)
        #expect(entry.type == "session_resumed")
        #expect(try entry.json() == ["reason": "done", "by": "key:operator"])
        #expect(session.state.status == .waiting)
        #expect(try session.accept(Self.resume).isEmpty)
    }

    @Test func `while paused the agent's acts are refused`() throws {
        let session = try paused()
        let acts: [any SessionCommand] = [
            RecordStep(name: "read", stepData: nil, principal: Sample.agent), try Sample.open(2, Sample.decision()),
            CompleteSession(output: nil, principal: Sample.agent),
            FailSession(error: [:], principal: Sample.agent),
        ]
        for act in acts { #expect(session.refusal(of: act)?.code == .sessionPaused, "\(type(of: act).kind)") }
    }

    @Test func `while paused answers, messages, withdrawals and cancelling append`() throws {
        var session = try paused()
        try session.accept(ReceiveMessage(content: "hello", principal: Sample.alice))
        try session.accept(session.answer(1, ["decision": "fast"]))
        #expect(session.state.status == .paused)
        var other = try paused()
        try other.accept(WithdrawRequest(request: Sample.request(1), reason: nil, principal: Sample.agent))
        #expect(other.state.status == .paused)
        try other.accept(CancelSession(reason: nil, principal: Sample.operatorKey))
        #expect(other.state.status == .cancelled)
    }

    @Test func `while paused deadlines run`() throws {
        var session = try paused()
        #expect(session.state.wakeAt == Sample.start.adding(milliseconds: 60_000))
        session.advance(seconds: 60)
        #expect(try session.accept(FireDeadlines()).map(\.type) == ["hitl_expired"])
        #expect(session.state.status == .paused)
    }
}
