import HoldpointCore
import JSON
import Testing

@Suite struct AnswerTests {
    private func waiting(_ bodies: JSONValue...) throws -> LiveSession {
        var session = try LiveSession.started()
        for (index, body) in bodies.enumerated() { try session.accept(try Sample.open(UInt64(index + 1), body)) }
        return session
    }

    @Test func `an answer closes its request and records who, what and when`() throws {
        var session = try waiting(Sample.decision())
        #expect(session.state.status == .waiting)
        session.advance(seconds: 5)
        let entry = try #require(
            try session.accept(session.answer(1, ["decision": "cheap"], comment: "of course")).first)
        #expect(entry.type == "hitl_responded")
        let data = try entry.json()
        #expect(data["response"] == ["decision": "cheap"])
        #expect(data["comment"] == "of course")
        #expect(data["by"] == "key:alice")
        #expect(data["received_at"] == .string(session.now.description))
        #expect(session.state.status == .running)
        let closed = try #require(session.state.closedRequest(Sample.request(1)))
        #expect(closed.status == .answered)
        #expect(closed.closedBy == Sample.alice)
        #expect(closed.openedBy == Sample.agent)
    }

    @Test func `several are open at once and each is answered by its id`() throws {
        var session = try waiting(Sample.decision(), Sample.permission(), Sample.clarification())
        #expect(session.state.openEffects.map(\.id) == [2, 3, 4])
        try session.accept(session.answer(2, ["action": "approve"]))
        #expect(session.state.openRequests.map(\.request.id) == [Sample.request(1), Sample.request(3)])
        try session.accept(session.answer(3, ["answer": "Home"]))
        #expect(session.state.status == .waiting)
        try session.accept(session.answer(1, ["decision": "fast"]))
        #expect(session.state.status == .running)
        #expect(session.state.closedRequests.map(\.sequence) == [5, 6, 7])
        #expect(session.state.openEffects.isEmpty)
    }

    @Test func `an answer that does not fit leaves the request pending`() throws {
        var session = try waiting(Sample.decision())
        let refusal = session.refusal(of: session.answer(1, ["decision": "slow"]))
        #expect(refusal?.code == .invalidAnswer)
        #expect(refusal?.violations.pointers == ["/decision"])
        try session.accept(session.answer(1, ["decision": "fast"]))
    }

    @Test func `a second answer is refused and names the winner`() throws {
        var session = try waiting(Sample.decision())
        try session.accept(session.answer(1, ["decision": "fast"]))
        let at = session.now
        session.advance(seconds: 1)
        let refusal = session.refusal(of: session.answer(1, ["decision": "fast"], by: Sample.bob))
        #expect(refusal?.code == .alreadyAnswered)
        #expect(refusal?.winner == ["responded_by": "key:alice", "responded_at": .string(at.description)])
        let changed = session.answer(1, ["decision": "cheap"], fingerprint: "another mac")
        #expect(session.refusal(of: changed)?.code == .alreadyAnswered)
    }

    @Test func `the same person repeating the same answer changes nothing`() throws {
        var session = try waiting(Sample.decision())
        let answer = session.answer(1, ["decision": "fast"])
        try session.accept(answer)
        guard case .accept(let events, let reply) = session.decide(answer) else {
            Issue.record("the repetition was not accepted")
            return
        }
        #expect(events.isEmpty)
        #expect(reply == .request(Sample.request(1), isNew: false))
        try session.accept(CompleteSession(output: nil, principal: Sample.agent))
        #expect(session.refusal(of: answer) == nil)
    }

    @Test func `an unknown request is not found`() throws {
        let session = try waiting(Sample.decision())
        #expect(session.refusal(of: session.answer(8, ["decision": "fast"]))?.code == .requestNotFound)
        let withdrawal = WithdrawRequest(request: Sample.request(8), reason: nil, principal: Sample.agent)
        #expect(session.refusal(of: withdrawal)?.code == .requestNotFound)
    }

    @Test func `opening the same id again opens nothing`() throws {
        var session = try waiting(Sample.decision())
        #expect(try session.accept(try Sample.open(1, Sample.decision())).isEmpty)
        try session.accept(session.answer(1, ["decision": "fast"]))
        #expect(try session.accept(try Sample.open(1, Sample.decision())).isEmpty)
        #expect(session.state.status == .running)
    }

    @Test func `a withdrawn request is gone, and withdrawing it again changes nothing`() throws {
        var session = try waiting(Sample.decision())
        let withdrawal = WithdrawRequest(request: Sample.request(1), reason: "moot", principal: Sample.agent)
        let entry = try #require(try session.accept(withdrawal).first)
        #expect(entry.type == "hitl_cancelled")
        #expect(try entry.json()["reason"] == "moot")
        #expect(session.state.closedRequest(Sample.request(1))?.status == .cancelled)
        #expect(try session.accept(withdrawal).isEmpty)
        let refusal = session.refusal(of: session.answer(1, ["decision": "fast"]))
        #expect(refusal?.code == .requestCancelled)
        #expect(refusal?.code.category == .gone)
    }

    @Test func `an answered request cannot be withdrawn`() throws {
        var session = try waiting(Sample.decision())
        try session.accept(session.answer(1, ["decision": "fast"]))
        let withdrawal = WithdrawRequest(request: Sample.request(1), reason: nil, principal: Sample.agent)
        #expect(session.refusal(of: withdrawal)?.code == .alreadyAnswered)
    }

    @Test func `what became of a request can be shown beside it`() throws {
        var session = try waiting(Sample.permission())
        let request = try #require(session.state.openRequest(Sample.request(1))).request
        let entry = try #require(try session.accept(session.answer(1, ["action": "approve"], comment: "fine")).first)
        let closing = try #require(RequestClosing(try decoded(entry), at: entry.position.time))
        var writer = JSONWriter()
        request.write(into: &writer, closing: closing)
        let view = try JSONParser.parse(writer.bytes)
        #expect(view["status"] == "answered")
        #expect(view["response"] == ["action": "approve"])
        #expect(view["responded_by"] == "key:alice")
        #expect(view["comment"] == "fine")
        #expect(view["approved_digest"] == view["arguments_digest"])
        #expect(RequestClosing(try decoded(session.log[0]), at: session.now) == nil)
    }
}
