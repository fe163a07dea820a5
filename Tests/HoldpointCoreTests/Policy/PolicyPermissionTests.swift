import HoldpointCore
import JSON
import Testing

/// What a policy makes of the permissions that an agent of the caller's own asks for.
@Suite struct PolicyPermissionTests {
    private static func session(_ policy: JSONValue) throws -> LiveSession {
        var session = try LiveSession.started()
        session.policy = try PolicySample.inForce(policy)
        return session
    }

    private static func level(_ level: String) -> JSONValue {
        ["tools": [["tool": "send_invoice", "level": .string(level), "risk": "high"]]]
    }

    @Test(arguments: ["L0", "L2"]) func `L0 and L2 are answered by the policy`(level: String) throws {
        var session = try Self.session(Self.level(level))
        try session.accept(try Sample.open(1, Sample.permission()))
        let closed = try #require(session.state.closedRequest(Sample.request(1)))
        #expect(closed.status == .answered)
        #expect(closed.closedBy == .policy)
        let answer = try #require(try session.events("hitl_responded").first)
        #expect(answer["response"]?["action"] == "approve")
        let request = try #require(try session.events("hitl_requested").first)
        #expect(answer["approved_digest"] == request["arguments_digest"])
        #expect(try session.events("hitl_notified").count == (level == "L2" ? 1 : 0))
    }

    @Test func `L4 is refused by the policy, and no human may allow it`() throws {
        var session = try Self.session(Self.level("L4"))
        try session.accept(try Sample.open(1, Sample.permission()))
        #expect(session.types == ["hitl_requested", "tool_blocked", "hitl_responded"])
        let answer = try #require(try session.events("hitl_responded").first)
        #expect(answer["response"]?["action"] == "reject")
        #expect(answer["approved_digest"]?.isNull == true)
    }

    @Test func `L3 waits, with the policy's level, risk and reasons beside the caller's`() throws {
        var session = try Self.session(Self.level("L3"))
        try session.accept(try Sample.open(1, Sample.permission(["risk": "low", "reasons": ["it is Monday"]])))
        let request = try #require(try session.events("hitl_requested").first)
        #expect(request["risk"] == "high")
        #expect(request["policy"]?["level"] == "L3")
        #expect(request["reasons"]?.arrayValue?.contains("it is Monday") == true)
        #expect(session.state.openRequests.first?.request.expiresAt == session.now.adding(milliseconds: 1_800_000))
    }

    @Test func `a caller says when a permission expires, or that it never does`() throws {
        var session = try Self.session(Self.level("L3"))
        try session.accept(try Sample.open(1, Sample.permission(["expires_in": 60])))
        var draft = Sample.permission().objectValue ?? [:]
        draft["expires_in"] = .null
        try session.accept(
            OpenRequest(id: Sample.request(2), draft: try RequestDraft(.object(draft)), principal: Sample.agent))
        #expect(session.state.openRequests.map(\.request.expiresAt) == [session.now.adding(milliseconds: 60_000), nil])
    }

    @Test func `nobody but the policy says what it says`() throws {
        let said: JSONValue = [
            "version": 1, "outcome": "run", "level": "L0", "risk": "low", "confirmation": .null, "rules": [],
            "reasons": [], "counters": [],
        ]
        #expect {
            _ = try RequestDraft(Sample.permission(["policy": said]))
        } throws: { error in
            (error as? InvalidAnswer)?.violations.first?.pointer.description == "/policy"
        }
    }

    @Test func `other requests are none of the policy's business`() throws {
        var session = try Self.session(["default": ["level": "L4"]])
        try session.accept(try Sample.open(1, Sample.clarification()))
        #expect(session.types == ["hitl_requested"])
    }

    @Test func `a permission that the policy gives counts as a call that has left`() throws {
        var session = try Self.session([
            "default": ["level": "L0"],
            "rules": [
                ["name": "new", "when": ["first_seen": ["argument": "/amount"]], "level": "L2"],
                ["name": "many", "when": ["count": ["window": "PT1H", "gt": 2]], "level": "L3"],
            ],
        ])
        try session.accept(try Sample.open(1, Sample.permission()))
        #expect(try session.events("hitl_notified").count == 1)
        try session.accept(try Sample.open(2, Sample.permission()))
        #expect(try session.events("hitl_notified").count == 1, "the amount was seen")
        try session.accept(try Sample.open(3, Sample.permission()))
        #expect(session.state.openRequests.count == 1, "the third within the hour")
        try session.accept(
            AnswerRequest(
                request: Sample.request(3), response: ["action": "reject"], comment: nil,
                responder: Responder(key: Sample.alice),
                receivedAt: session.now, fingerprint: "f", sealedSecrets: []))
        try session.accept(try Sample.open(4, Sample.permission()))
        #expect(session.state.openRequests.count == 1, "two have left, and this is the third again")
    }

    @Test(arguments: [("0.9", true), ("0.8", true), ("0.79", false), ("0", false)])
    func `L1 runs for an agent that is sure enough, and asks otherwise`(stated: String, runs: Bool) throws {
        var session = try Self.session(Self.level("L1"))
        try session.accept(try Sample.open(1, Sample.permission(["confidence": json(stated)])))
        #expect((session.state.closedRequest(Sample.request(1))?.closedBy == .policy) == runs)
        #expect(try session.events("hitl_requested").first?["confidence"]?.isEquivalent(to: json(stated)) == true)
    }

    @Test func `who states no confidence is not sure, and nobody is surer than one`() throws {
        var session = try Self.session(Self.level("L1"))
        try session.accept(try Sample.open(1, Sample.permission()))
        #expect(session.state.openRequests.count == 1)
        for stated: JSONValue in [2, -1, "0.9", true] {
            #expect(throws: InvalidAnswer.self) { try RequestDraft(Sample.permission(["confidence": stated])) }
        }
    }
}
