import HoldpointCore
import JSON
import Testing

/// What a policy makes of the calls of a workflow.
@Suite struct PolicyWorkflowTests {
    @Test func `L0: a call runs, and the event says what the policy said`() throws {
        let session = try PolicySample.paying(PolicySample.level("L0"))
        #expect(session.types == ["tool_proposed"])
        let said = try #require(try session.events("tool_proposed").first?["policy"])
        #expect(said["version"] == 1)
        #expect(said["level"] == "L0")
        #expect(said["outcome"] == "run")
    }

    @Test func `without a policy nothing is recorded of one`() throws {
        var session = try LiveSession()
        session.workflow = try WorkflowSample.definition([WorkflowSample.post])
        try session.accept(try WorkflowSample.start())
        let proposed = try #require(try session.events("tool_proposed").first)
        #expect(proposed.objectValue?.contains("policy") == false)
        #expect(proposed.objectValue?.contains("approval") == false)
    }

    @Test func `L2: a call runs, and people are told on the feed`() throws {
        var session = try PolicySample.paying(PolicySample.level("L2"))
        #expect(session.types == ["tool_proposed", "hitl_notified"])
        #expect(HumansNotified.isOnFeed)
        let told = try #require(try session.events("hitl_notified").first)
        #expect(told["tool"] == "charge")
        let call = try #require(session.openCall)
        #expect(told["call"] == .integer(call.id))
        #expect(told["arguments_digest"] == .string(call.effect.digest.description))
        try session.accept(FinishCall(call: call.id, result: .completed(response: WorkflowSample.answered)))
        #expect(session.state.ending != nil)
    }

    @Test func `L4: a call is blocked, which the workflow may handle`() throws {
        let session = try PolicySample.paying(PolicySample.level("L4"))
        #expect(session.types.first == "tool_blocked")
        #expect(session.caught?["type"] == "urn:holdpoint:problem:tool_blocked")
        #expect(try session.events("tool_proposed").isEmpty)
    }

    @Test func `I7: L3 asks, and exactly the call that was shown is made once it is approved`() throws {
        var session = try PolicySample.paying(PolicySample.level("L3", ["expires_in": 600]))
        #expect(session.types == ["hitl_requested"])
        let request = try #require(try session.events("hitl_requested").first)
        #expect(request["tool"] == "charge")
        #expect(request["policy"]?["level"] == "L3")
        #expect(session.state.openRequests.first?.request.expiresAt == session.now.adding(milliseconds: 600_000))
        try session.accept(try session.answerToLast(["action": "approve"]))
        let call = try #require(session.openCall)
        #expect(.string(call.effect.digest.description) == request["arguments_digest"])
        #expect(call.effect.arguments == request["arguments"])
        #expect(call.effect.approval?.request == session.state.closedRequests.last?.id)
        #expect(call.effect.verdict?.version == 1)
    }

    @Test func `I8: silence about a call that a policy asks about is a rejection, half an hour later`() throws {
        var session = try PolicySample.paying(PolicySample.level("L3"))
        session.advance(seconds: 1_799)
        try session.accept(FireDeadlines())
        #expect(session.state.openRequests.count == 1)
        session.advance(seconds: 1)
        try session.accept(FireDeadlines())
        #expect(session.caught?["type"] == "urn:holdpoint:problem:request_expired")
        #expect(try session.events("tool_proposed").isEmpty)
    }

    @Test func `a rejection reaches the workflow with its words`() throws {
        var session = try PolicySample.paying(PolicySample.level("L3"))
        try session.accept(try session.answerToLast(["action": "reject", "feedback": "not this month"]))
        #expect(session.caught?["type"] == "urn:holdpoint:problem:request_rejected")
        #expect(session.caught?["detail"] == "not this month")
    }

    @Test func `I7: an edit under which another rule applies is asked about again`() throws {
        var session = try PolicySample.paying(PolicySample.invoices, input: PolicySample.refund(800))
        #expect(try session.events("hitl_requested").first?["policy"]?["rules"] == ["new-client"])
        let first = try #require(session.state.openRequests.first?.request.id)
        try session.accept(try session.edit(PolicySample.refund(2_500)))
        #expect(try session.events("tool_proposed").isEmpty)
        let second = try #require(session.state.openRequests.first?.request)
        #expect(second.id != first)
        #expect(try session.events("hitl_requested").last?["policy"]?["rules"] == ["large", "new-client"])
        try session.accept(try session.answerToLast(["action": "approve"]))
        let call = try #require(session.openCall)
        #expect(call.effect.arguments["body"] == PolicySample.refund(2_500))
        #expect(call.effect.digest == second.argumentsDigest)
        #expect(call.effect.approval?.request == second.id)
    }

    @Test func `an edit that asks for no more than was asked for runs as it was edited`() throws {
        var session = try PolicySample.paying(PolicySample.invoices, input: PolicySample.refund(2_500))
        try session.accept(try session.edit(PolicySample.refund(1_900)))
        let call = try #require(session.openCall)
        #expect(call.effect.arguments["body"] == PolicySample.refund(1_900))
        #expect(call.effect.approval?.keepsReservations == false)
    }

    @Test func `I7: an edit to what no agent may do is blocked`() throws {
        let rule: JSONValue = [
            "name": "never", "tools": ["charge"], "when": ["argument": "/body/amount", "gt": 100_000], "level": "L4",
        ]
        var session = try PolicySample.paying(PolicySample.level("L3", ["rules": [rule]]))
        try session.accept(try session.edit(PolicySample.refund(100_001)))
        #expect(session.caught?["type"] == "urn:holdpoint:problem:tool_blocked")
        #expect(try session.events("tool_proposed").isEmpty)
    }

    @Test func `I7: an approval does not outlive the policy that asked for it`() throws {
        var session = try PolicySample.paying(PolicySample.level("L3"))
        session.policy = try PolicySample.inForce(PolicySample.level("L4"), version: 2)
        try session.accept(try session.answerToLast(["action": "approve"]))
        #expect(session.caught?["type"] == "urn:holdpoint:problem:tool_blocked")

        var same = try PolicySample.paying(PolicySample.level("L3"))
        same.policy = try PolicySample.inForce(PolicySample.level("L3"), version: 2)
        try same.accept(try same.answerToLast(["action": "approve"]))
        #expect(same.openCall?.effect.verdict?.version == 2)
        #expect(same.state.openRequests.isEmpty)
    }

    @Test func `a human task's own call is judged, too`() throws {
        var session = try LiveSession()
        session.policy = try PolicySample.inForce(["default": ["level": "L4"]])
        let ask: JSONValue = [
            "ok": [
                "call": "human",
                "with": [
                    "type": "permission", "title": "Pay?",
                    "perform": ["call": "http", "with": ["method": "post", "endpoint": "https://a.example/pay"]],
                ],
            ]
        ]
        session.workflow = try WorkflowSample.definition([ask])
        try session.accept(try WorkflowSample.start())
        #expect(try session.events("hitl_requested").isEmpty, "nobody is asked for what nobody may allow")
        #expect(session.types.contains("tool_blocked"))

        var lower = try LiveSession()
        lower.policy = try PolicySample.inForce(["default": ["level": "L0"]])
        lower.workflow = try WorkflowSample.definition([ask])
        try lower.accept(try WorkflowSample.start())
        #expect(try lower.events("hitl_requested").count == 1, "the document asks where the policy would not")
        try lower.accept(try lower.answerToLast(["action": "approve"]))
        #expect(lower.openCall?.effect.approval != nil)
    }

    @Test func `what became of an approved call is on the feed, of another one it is not`() throws {
        for (level, isOnFeed) in [("L0", false), ("L2", true), ("L3", true)] {
            var session = try PolicySample.paying(PolicySample.level(level))
            if level == "L3" { try session.accept(try session.answerToLast(["action": "approve"])) }
            let call = try #require(session.openCall).id
            let data: JSONValue = ["call": .integer(call), "response": WorkflowSample.answered]
            let done = try #require(try EventRegistry.event(named: "tool_completed", data: data.serialized()))
            #expect(done.isOnFeed(of: session.state) == isOnFeed, "\(level)")
        }
    }

    @Test func `I6: what was judged is the same after a replay`() throws {
        for policy in [PolicySample.level("L0"), PolicySample.level("L3"), PolicySample.invoices] {
            let session = try PolicySample.paying(policy)
            let replayed = try fold(session.log, onto: SessionState(identity: session.state.identity))
            #expect(replayed == session.state)
            let decoded = try SnapshotCodec.decode(
                SnapshotCodec.encode(session.state), version: SnapshotCodec.version, identity: session.state.identity)
            #expect(decoded == session.state)
        }
    }

    @Test func `I7: a call whose arguments are not those of its digest is not dispatched`() throws {
        var session = try PolicySample.paying(PolicySample.level("L3"))
        try session.accept(try session.answerToLast(["action": "approve"]))
        var state = SessionState(identity: session.state.identity)
        for entry in session.log {
            var data = try entry.json().objectValue ?? [:]
            if entry.type == "tool_proposed" {
                data["arguments"] = Sample.merge(data["arguments"] ?? .null, ["body": PolicySample.refund(9_999)])
            }
            let bytes = JSONValue.object(data).serialized()
            let event = try #require(try EventRegistry.event(named: entry.type, data: bytes))
            try state.apply(event, at: entry.position)
        }
        let call = try #require(state.workflow?.calls.first)
        #expect(!call.isIntact(Sample.hasher))
        let context = DecisionContext(now: session.now, hasher: Sample.hasher, limits: .standard)
        let dispatch = DispatchCall(call: call.id, until: session.now)
        guard case .reject(let rejection) = dispatch.decide(state, in: context) else {
            Issue.record("it was dispatched")
            return
        }
        #expect(rejection.code == .callNotReady)
        #expect(session.refusal(of: dispatch) == nil)
    }
}
