import HoldpointCore
import JSON
import Testing

@Suite struct PeopleInWorkflowTests {
    private func started(_ body: JSONValue) throws -> LiveSession {
        let tasks: JSONValue = [["ask": ["call": "human", "with": body]]]
        let document: JSONValue = [
            "document": ["dsl": "1.0.3", "namespace": "test", "name": "people", "version": "0.1.0"], "do": tasks,
        ]
        var session = try LiveSession()
        session.workflow = try WorkflowDefinition(document)
        try session.accept(
            StartSession(
                id: try SessionID("order-7"), agent: try AgentName("people"), agentVersion: 1, program: .workflow,
                input: [:], labels: [:], onBehalfOf: "req", principal: Sample.agent))
        return session
    }

    private let body = People.permission(
        ["groups": ["finance"], "quorum": 2, "not_requester": true],
        [
            "tool": nil, "arguments": nil, "reminders": [60],
            "escalation": [["after": 120, "approvers": ["users": ["chair"]]]],
            "perform": ["call": "http", "with": ["method": "post", "endpoint": "https://pay.example/1"]],
        ])

    @Test func `I7: a call that a permission guards is proposed only once all approved it`() throws {
        var session = try started(body)
        let request = try #require(session.state.openRequests.first?.request)
        #expect(request.approvers?.quorum == 2)
        #expect(session.state.timerAt == session.now.adding(milliseconds: 60_000))
        func answer(_ user: String) throws -> AnswerRequest {
            AnswerRequest(
                request: request.id, response: ["action": "approve"], comment: nil,
                responder: People.responder(try People.person(user)), receivedAt: session.now, fingerprint: "mac",
                sealedSecrets: [])
        }
        #expect(session.refusal(of: try answer("req"))?.code == .notAnApprover)
        #expect(try session.accept(try answer("ann")).map(\.type) == ["hitl_voted"])
        #expect(session.state.status == .waiting)
        let types = try session.accept(try answer("bob")).map(\.type)
        #expect(types.first == "hitl_responded")
        #expect(types.contains("tool_proposed"))
    }

    @Test func `what does not fit of it fails the workflow with its place`() throws {
        let wrong = Sample.merge(body, ["approvers": ["quorum": 11]])
        let session = try started(wrong)
        guard case .failed(let error) = session.state.ending else {
            Issue.record("it did not fail")
            return
        }
        #expect(error["detail"]?.stringValue?.contains("/approvers/quorum") == true)
    }

    @Test func `reminders and steps are recorded while the workflow waits`() throws {
        var session = try started(body)
        session.advance(seconds: 120)
        #expect(try session.accept(FireDeadlines()).map(\.type) == ["hitl_reminded", "hitl_escalated"])
        #expect(session.state.status == .waiting)
    }
}
