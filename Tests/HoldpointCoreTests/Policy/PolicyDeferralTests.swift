import HoldpointCore
import JSON
import Testing

/// Calls that no agent may make, and that people release.
@Suite struct PolicyDeferralTests {
    private static func released(_ policy: JSONObject = [:]) throws -> (blocked: LiveSession, session: LiveSession) {
        let document = PolicySample.level("L4", policy)
        let blocked = try PolicySample.paying(document)
        return (blocked, try PolicySample.releasing(blocked, document))
    }

    @Test func `L4: the agent is told, and people are asked in a session of its own`() throws {
        let (blocked, session) = try Self.released()
        #expect(blocked.types.prefix(2) == ["tool_blocked", "hitl_deferred"])
        #expect(blocked.caught?["type"] == "urn:holdpoint:problem:tool_blocked")
        let request = try #require(try session.events("hitl_requested").first)
        #expect(request["tool"] == "charge")
        #expect(request["approvers"]?["accreditation"] == "N4")
        #expect(request["expires_at"]?.isNull == true)
        #expect(try blocked.events("tool_blocked").first?["arguments_digest"] == request["arguments_digest"])
    }

    @Test func `nobody below N4 releases it, unless the policy says so`() throws {
        let (_, session) = try Self.released()
        for accreditation in [Accreditation.n0, .n3] {
            let refusal = session.refusal(of: try session.answerToLast(["action": "approve"], as: accreditation))
            #expect(refusal?.code == .notAnApprover)
        }
        var lower = try Self.released(["deferred": ["approvers": ["accreditation": "N2"], "delay": 60]]).session
        try lower.accept(try lower.answerToLast(["action": "approve"], as: .n2))
        #expect(lower.state.openRequests.last?.request.expiresAt == lower.now.adding(milliseconds: 60_000))
    }

    @Test func `I7: it is made a day after its release, exactly as it was blocked`() throws {
        var (blocked, session) = try Self.released()
        try session.accept(try session.answerToLast(["action": "approve"], as: .n4))
        #expect(try session.events("tool_proposed").isEmpty)
        session.advance(seconds: 86_399)
        try session.accept(FireDeadlines())
        #expect(try session.events("tool_proposed").isEmpty)
        session.advance(seconds: 1)
        try session.accept(FireDeadlines())
        let call = try #require(session.openCall)
        #expect(
            try blocked.events("tool_blocked").first?["arguments_digest"] == .string(call.effect.digest.description))
        let request = try #require(try session.events("hitl_requested").first?["id"]?.stringValue)
        #expect(call.effect.approval?.request.description == request)
        try session.accept(DispatchCall(call: call.id, until: session.now.adding(milliseconds: 1_000)))
        try session.accept(FinishCall(call: call.id, result: .completed(response: WorkflowSample.answered)))
        #expect(session.state.status == .completed)
    }

    @Test func `I7: what is vetoed within its time is never made`() throws {
        var session = try Self.released().session
        try session.accept(try session.answerToLast(["action": "approve"], as: .n4))
        session.advance(seconds: 3_600)
        try session.accept(try session.answerToLast(["decision": "veto"], as: .n0, "bob"))
        #expect(session.types.contains("hitl_vetoed"))
        #expect(session.state.status == .failed)
        session.advance(seconds: 86_400)
        try session.accept(FireDeadlines())
        #expect(try session.events("tool_proposed").isEmpty)
    }

    @Test func `I8: what nobody releases is never made`() throws {
        var session = try Self.released().session
        session.advance(seconds: 365 * 86_400)
        try session.accept(FireDeadlines())
        #expect(session.state.openRequests.count == 1)
        try session.accept(try session.answerToLast(["action": "reject"], as: .n4))
        #expect(session.state.status == .failed)
        #expect(try session.events("tool_proposed").isEmpty)
    }

    @Test func `a policy may defer nothing`() throws {
        let blocked = try PolicySample.paying(PolicySample.level("L4", ["deferred": .null]))
        #expect(blocked.types == ["tool_blocked", "session_completed"])
        #expect(blocked.outgoing.isEmpty)
    }

    @Test func `a call that is tried again waits for people once, and a session leaves them sixteen at most`() throws {
        var session = try LiveSession()
        session.policy = try PolicySample.inForce(PolicySample.level("L4"))
        let call: JSONValue = [
            "call": "http", "with": ["method": "post", "endpoint": "https://a.example/{n}"],
        ]
        let tried: JSONValue = ["try": [["pay": call]], "catch": [:]]
        session.policy = try PolicySample.inForce(["default": ["level": "L4"]])
        session.workflow = try WorkflowSample.definition([
            ["once": tried], ["again": ["set": ["n": 0]]], ["twice": tried],
        ])
        try session.accept(try WorkflowSample.start(input: ["n": 0]))
        #expect(try session.events("tool_blocked").count == 2)
        #expect(try session.events("hitl_deferred").count == 1)

        var many = try LiveSession()
        many.policy = session.policy
        many.workflow = try WorkflowSample.definition(
            (0..<20).reduce(into: [JSONValue]()) { tasks, n in
                tasks.append(.object(["set\(n)": ["set": ["n": .integer(Int64(n))]]]))
                tasks.append(.object(["try\(n)": tried]))
            }.asArray)
        try many.accept(try WorkflowSample.start(input: ["n": 0]))
        #expect(try many.events("tool_blocked").count == 20)
        #expect(try many.events("hitl_deferred").count == PolicyLimits.deferrals)
        #expect(many.outgoing.count == PolicyLimits.deferrals)
    }

    @Test func `I9: a call with a secret answer is not left to another session`() throws {
        var session = try LiveSession()
        session.policy = try PolicySample.inForce(["default": ["level": "L4"]])
        let handle = SecretHandle(request: Sample.request(3), field: "TOKEN")
        session.workflow = try WorkflowSample.definition([
            [
                "pay": [
                    "call": "http",
                    "with": ["method": "post", "endpoint": "https://a.example/", "body": ["token": handle.json]],
                ]
            ]
        ])
        try session.accept(try WorkflowSample.start())
        #expect(try session.events("tool_blocked").count == 1)
        #expect(try session.events("hitl_deferred").isEmpty)
    }

    @Test func `parts of a blocked call that look like expressions stay what they are`() throws {
        let call: JSONValue = [
            "method": "POST", "uri": "https://a.example/$%7B.secret%7D", "headers": ["x": "${ $secrets.token }"],
            "body": "${ .approvers }",
        ]
        let input: JSONValue = [
            "call": call, "authentication": ["scheme": "bearer", "secret": "token"], "secrets": ["token"],
            "title": "t", "reasons": [], "approvers": ["accreditation": "N4"], "delay": 60, "redirect": false,
        ]
        var session = try LiveSession()
        session.workflow = try WorkflowDefinition(DeferredAction.document(for: input))
        try session.accept(try WorkflowSample.start(input: input))
        let shown = try #require(try session.events("hitl_requested").first?["arguments"])
        #expect(shown.isEquivalent(to: call))
    }

    @Test func `I9: what is on the feed of a deferred call does not say whose credentials it has`() throws {
        var session = try LiveSession()
        session.policy = try PolicySample.inForce(["default": ["level": "L4"]])
        session.workflow = try WorkflowSample.definition([
            [
                "pay": [
                    "call": "http",
                    "with": [
                        "method": "post",
                        "endpoint": [
                            "uri": "https://a.example/", "authentication": ["bearer": ["token": "tok-nobody-may-see"]],
                        ],
                    ],
                ]
            ]
        ])
        try session.accept(try WorkflowSample.start())
        for entry in session.log where ["hitl_deferred", "tool_blocked"].contains(entry.type) {
            #expect(!String(decoding: entry.data, as: UTF8.self).contains("tok-nobody"), "\(entry.type)")
        }
        let start = try #require(session.outgoing.lazy.compactMap { $0.command as? StartSession }.first)
        #expect(start.input["authentication"]?["token"] == "tok-nobody-may-see")
    }
}

extension [JSONValue] {
    fileprivate var asArray: JSONValue { .array(self) }
}
