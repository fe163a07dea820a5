import HoldpointCore
import JSON
import Testing

@Suite struct RespondingTests {
    @Test(
        arguments: [
            (#"{"approvers": {"quorum": 2}}"#, ["/approvers/quorum"]),
            (#"{"approvers": {"users": [1]}}"#, ["/approvers/users/0"]),
            (#"{"reminders": [0]}"#, ["/reminders/0"]), (#"{"reminders": [5, 5]}"#, ["/reminders/1"]),
            (#"{"reminders": [60], "expires_in": 60}"#, ["/reminders/0"]),
            (#"{"reminders": [1,2,3,4,5,6,7,8,9,10,11]}"#, ["/reminders"]),
            (#"{"escalation": [{"after": 5, "approvers": {}}]}"#, ["/escalation"]),
            (#"{"approvers": {}, "escalation": [{"after": 5}]}"#, ["/escalation/0/approvers"]),
            (#"{"approvers": {}, "escalation": [{"after": 5, "approvers": null}]}"#, ["/escalation/0/approvers"]),
            (
                #"{"approvers": {}, "expires_in": 5, "escalation": [{"after": 5, "approvers": {}}]}"#,
                ["/escalation/0/after"]
            ),
            (
                #"{"approvers": {}, "escalation": [{"after": 5, "approvers": {}}, {"after": 5, "approvers": {}}]}"#,
                ["/escalation/1/after"]
            ),
            (
                #"{"approvers": {}, "escalation": [{"after": 5, "approvers": {"quorum": 2}}]}"#,
                ["/escalation/0/approvers/quorum"]
            ),
        ])
    func `a request that says it wrong is refused with its place`(extra: String, pointers: [String]) throws {
        do {
            _ = try RequestDraft(Sample.clarification(json(extra)))
            Issue.record("it was taken")
        } catch {
            #expect(error.violations.pointers == pointers)
        }
    }

    @Test func `reminders and null are taken, and shown in order`() throws {
        let null = ["approvers": nil, "reminders": nil, "escalation": nil] as JSONValue
        #expect(throws: Never.self) {
            try RequestDraft(json(Sample.clarification().text.dropLast() + "," + null.text.dropFirst()))
        }
        let session = try People.waiting(Sample.clarification(["reminders": [60, 5]]))
        let request = try #require(session.state.openRequests.first?.request)
        #expect(request.followUp.reminders == [5_000, 60_000])
        #expect(try session.log[1].json()["reminders"] == [5, 60])
    }

    @Test(arguments: [Sample.clarification(), Sample.decision(), Sample.environment(), Sample.permission()])
    func `every type of request may say who answers it`(body: JSONValue) throws {
        let session = try People.waiting(Sample.merge(body, ["approvers": ["groups": ["finance"]]]))
        let refusal = session.refusal(of: session.answer(1, [:]))
        #expect(refusal?.code == .notAnApprover)
        #expect(refusal?.detail == ApproverRefusal.isNobody.detail)
        let other = try People.person("eve", groups: ["sales"])
        #expect(session.refusal(of: session.answer(1, [:], as: other))?.code == .notAnApprover)
        // What is wrong with the answer itself is said only to those who may give one.
        let refused = session.refusal(of: session.answer(1, [:], as: try People.person("ann")))
        #expect(refused?.code == .invalidAnswer)
    }

    @Test func `without approvers a key answers as ever, and a user may, too`() throws {
        var session = try People.waiting(Sample.decision(), Sample.decision())
        let plain = try session.accept(session.answer(1, ["decision": "fast"]))
        #expect(try plain.first?.json()["by"] == "key:alice")
        #expect(try plain.first?.json()["via"] == nil)
        let spoken = try session.accept(session.answer(2, ["decision": "fast"], as: try People.person("ann", .n0)))
        #expect(try spoken.first?.json()["by"] == "user:ann")
        #expect(try spoken.first?.json()["via"] == "key:platform")
        #expect(session.state.closedRequest(Sample.request(2))?.closedBy?.text == "user:ann")
    }

    @Test func `whoever asked may not answer: for whom the agent acts, and who had it asked again`() throws {
        let body = People.permission(["not_requester": true])
        var session = try People.waiting(body, onBehalfOf: "ann")
        let (ann, bob, eve) = (try People.person("ann"), try People.person("bob"), try People.person("eve"))
        let approve: JSONValue = ["action": "approve"]
        #expect(session.refusal(of: session.answer(1, approve, as: ann))?.detail == ApproverRefusal.isRequester.detail)
        try session.accept(session.answer(1, ["action": "reject"], as: bob))
        let request = try HumanRequest(recorded: try session.log[1].json())
        let again = try ReopenRequest(
            id: Sample.request(2), reopening: request, wasRejected: true, responder: People.responder(eve))
        try session.accept(again)
        for person in [ann, eve] {
            #expect(session.refusal(of: session.answer(2, approve, as: person))?.code == .notAnApprover)
        }
        try session.accept(session.answer(2, approve, as: bob))
    }

    @Test func `the same person with the same answer is told so; another one names the winner`() throws {
        var session = try People.waiting(People.permission(["groups": ["finance"]]))
        let (ann, bob) = (try People.person("ann"), try People.person("bob"))
        try session.accept(session.answer(1, ["action": "approve"], as: ann))
        #expect(try session.accept(session.answer(1, ["action": "approve"], as: ann)).isEmpty)
        let refusal = session.refusal(of: session.answer(1, ["action": "approve"], as: bob))
        #expect(refusal?.code == .alreadyAnswered)
        #expect(refusal?.winner?["responded_by"] == "user:ann")
    }

    @Test func `a policy's approvers hold for a request and for every step of its escalation`() throws {
        let body = People.permission(
            ["groups": ["finance"]], ["escalation": [["after": 60, "approvers": ["groups": ["board"]]]]])
        let strict = Approvers(accreditation: .n3, quorum: 2, excludesRequester: true)
        let draft = try RequestDraft(body).requiring(strict)
        let bare = try RequestDraft(Sample.permission()).requiring(strict)
        #expect(bare.approvers == strict)
        #expect(draft.approvers?.quorum == 2)
        let step = try #require(draft.followUp.escalation.first?.approvers)
        #expect(step.accreditation == .n3)
        #expect(step.excludesRequester)
        #expect(step.quorum == 1)
        #expect(step.circles.map(\.groups) == [[try GroupName("board")]])
    }
}
