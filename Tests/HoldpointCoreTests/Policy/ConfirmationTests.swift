import HoldpointCore
import JSON
import Testing

/// What the riskiest calls ask of the person who approves them.
@Suite struct ConfirmationTests {
    private static func session(_ risk: JSONObject = [:]) throws -> LiveSession {
        var session = try LiveSession.started()
        session.policy = try PolicySample.inForce([
            "tools": [["tool": "send_invoice", "level": "L3", "risk": "critical"]], "risk": .object(risk),
        ])
        try session.accept(try Sample.open(1, Sample.permission()))
        return session
    }

    private static func answer(_ response: JSONValue, _ session: LiveSession) -> AnswerRequest {
        AnswerRequest(
            request: Sample.request(1), response: response, comment: nil, responder: Responder(key: Sample.alice),
            receivedAt: session.now, fingerprint: "f", sealedSecrets: [])
    }

    @Test func `a critical call is approved by who types its name, and by nobody else`() throws {
        var session = try Self.session()
        for typed: JSONValue in [.null, "send", "SEND_INVOICE"] {
            let refusal = session.refusal(of: Self.answer(["action": "approve", "confirmation": typed], session))
            #expect(refusal?.violations.first?.pointer.description == "/confirmation")
        }
        #expect(session.refusal(of: Self.answer(["action": "approve"], session)) != nil)
        #expect(session.refusal(of: Self.answer(["action": "reject"], session)) == nil)
        try session.accept(Self.answer(["action": "approve", "confirmation": "send_invoice"], session))
        #expect(session.state.closedRequest(Sample.request(1))?.status == .answered)
    }

    @Test func `or it takes two people, if the policy says so`() throws {
        let session = try Self.session(["double": "second_person"])
        let request = try #require(try session.events("hitl_requested").first)
        #expect(request["policy"]?["phrase"]?.isNull == true)
        #expect(request["policy"]?["approvers"]?["quorum"] == 2)
        #expect(request["approvers"]?["quorum"] == 2)
    }

    @Test func `where nothing need be typed, nothing may be`() throws {
        let session = try Self.session(["confirmations": ["critical": "detailed"]])
        #expect(session.refusal(of: Self.answer(["action": "approve", "confirmation": "x"], session)) != nil)
        #expect(session.refusal(of: Self.answer(["action": "approve"], session)) == nil)
    }
}
