import HoldpointCore
import JSON
import Testing

@Suite struct VotingTests {
    private let approve: JSONValue = ["action": "approve"]
    private let ann: Person
    private let bob: Person
    private let eve: Person

    init() throws {
        ann = try People.person("ann")
        bob = try People.person("bob")
        eve = try People.person("eve")
    }

    private func edit(_ amount: Int64) -> JSONValue { ["action": "edit", "arguments": ["amount": .integer(amount)]] }

    @Test func `I7: nothing is approved before the last of N different people approved it`() throws {
        let body = People.permission(["groups": ["finance"], "quorum": 3])
        var session = try People.waiting(body)
        let digest = session.state.openRequests.first?.request.argumentsDigest?.description
        for (index, person) in [ann, bob].enumerated() {
            let entries = try session.accept(session.answer(1, approve, as: person))
            #expect(entries.map(\.type) == ["hitl_voted"])
            let data = try #require(try entries.first?.json())
            #expect(data["user"] == .string(person.user.text))
            #expect(data["via"] == "key:platform")
            #expect(data["votes"] == .integer(Int64(index) + 1))
            #expect(data["needed"] == 3)
            #expect(data["digest"]?.stringValue == digest)
            #expect(session.state.status == .waiting)
        }
        let last = try #require(try session.accept(session.answer(1, approve, as: eve)).first)
        #expect(last.type == "hitl_responded")
        #expect(try last.json()["approved_digest"]?.stringValue == digest)
        #expect(
            try last.json()["approvals"]?.arrayValue?.compactMap { $0["user"]?.stringValue } == ["ann", "bob", "eve"])
        #expect(session.state.status == .running)
    }

    @Test func `I7: an approval that too few people gave cannot be recorded`() throws {
        var session = try People.waiting(People.ofTwo)
        let entry = try #require(try session.accept(session.answer(1, approve, as: ann)).first)
        let vote = try entry.json()
        let approval: JSONValue = [
            "user": "ann", "via": "key:platform", "action": "approve", "received_at": vote["received_at"] ?? .null,
        ]
        let forged: [(String, JSONValue)] = [
            ("alone", []), ("twice", [approval, approval]),
            ("without the first", [Sample.merge(approval, ["user": "bob"])]),
        ]
        for (name, approvals) in forged {
            let last = approvals.arrayValue?.last?["user"]?.stringValue ?? "bob"
            let answered = try RequestAnswered(recorded: [
                "request": .string(Sample.request(1).description), "response": approve, "comment": nil,
                "by": .string("user:" + last), "via": "key:platform", "received_at": vote["received_at"] ?? .null,
                "fingerprint": "f", "approved_digest": vote["digest"] ?? .null, "approvals": approvals,
            ])
            #expect(throws: IllegalEvent.self, "\(name)") { try session.record(answered) }
        }
        #expect(throws: IllegalEvent.self, "a second vote") { try session.record(try decoded(entry)) }
    }

    @Test func `the same vote again is nothing new, another one of the same person is refused`() throws {
        var session = try People.waiting(People.ofTwo)
        try session.accept(session.answer(1, approve, as: ann))
        #expect(try session.accept(session.answer(1, approve, as: ann)).isEmpty)
        for other in [["action": "reject"], edit(5)] {
            #expect(session.refusal(of: session.answer(1, other, as: ann))?.code == .alreadyVoted)
        }
        #expect(session.progress(1)?.votes.count == 1)
    }

    @Test func `I3: an earlier voter who repeats their vote after the decision is told that it counted`() throws {
        var session = try People.waiting(People.ofTwo)
        try session.accept(session.answer(1, approve, as: ann))
        try session.accept(session.answer(1, approve, as: bob))
        for person in [ann, bob] { #expect(try session.accept(session.answer(1, approve, as: person)).isEmpty) }
        #expect(session.refusal(of: session.answer(1, approve, as: eve))?.code == .alreadyAnswered)
        #expect(session.refusal(of: session.answer(1, ["action": "reject"], as: ann))?.code == .alreadyAnswered)
    }

    @Test func `one rejection rejects, and earlier approvals have not won`() throws {
        var session = try People.waiting(People.ofTwo)
        try session.accept(session.answer(1, approve, as: ann))
        let entry = try #require(try session.accept(session.answer(1, ["action": "reject"], as: bob)).first)
        #expect(try entry.json()["approved_digest"] == .null)
        #expect(try entry.json()["approvals"] == nil)
        #expect(session.refusal(of: session.answer(1, approve, as: ann))?.winner?["responded_by"] == "user:bob")
    }

    @Test func `I7: an edit begins anew, and only those who name the same arguments approve it`() throws {
        var session = try People.waiting(People.ofTwo)
        try session.accept(session.answer(1, approve, as: ann))
        let first = try #require(try session.accept(session.answer(1, edit(5), as: bob)).first)
        #expect(try first.json()["votes"] == 1)
        #expect(session.progress(1)?.edit?.arguments == ["amount": 5])
        #expect(session.progress(1)?.votes.map(\.approval.user) == [bob.user])
        // Whoever approves what was proposed may not have seen the edit.
        let refusal = session.refusal(of: session.answer(1, approve, as: eve))
        #expect(refusal?.code == .argumentsEdited)
        try session.accept(session.answer(1, edit(6), as: eve))
        #expect(session.progress(1)?.votes.map(\.approval.user) == [eve.user])
        // Ann's first vote was for other arguments, so that she may vote again; 6.0 is the same number.
        let same = json(#"{"action": "edit", "arguments": {"amount": 6.0}}"#)
        let last = try #require(try session.accept(session.answer(1, same, as: ann)).first)
        #expect(last.type == "hitl_responded")
        let digest = Sample.hasher.sha256(try CanonicalJSON.encode(["amount": 6])).description
        #expect(try last.json()["approved_digest"] == .string(digest))
        #expect(try last.json()["approvals"]?.arrayValue?.count == 2)
    }

    @Test func `an edit to what was proposed is the same as its approval`() throws {
        var session = try People.waiting(People.ofTwo)
        try session.accept(session.answer(1, approve, as: ann))
        let last = try #require(try session.accept(session.answer(1, edit(1_800), as: bob)).first)
        #expect(last.type == "hitl_responded")
    }

    @Test func `edits that begin anew again and again are bounded; a vote that decides is not`() throws {
        var session = try People.waiting(People.ofTwo)
        for number in 0..<Int(PeopleLimits.acts) {
            try session.accept(session.answer(1, edit(Int64(number)), as: number % 2 == 0 ? ann : bob))
        }
        #expect(session.refusal(of: session.answer(1, edit(-1), as: ann))?.code == .tooManyActs)
        let last = try #require(session.progress(1)?.edit?.arguments)
        try session.accept(session.answer(1, ["action": "edit", "arguments": last], as: ann))
        #expect(session.state.openRequests.isEmpty)
    }

    @Test func `a key alone counts for nobody`() throws {
        let session = try People.waiting(Sample.permission(["approvers": ["quorum": 2]]))
        #expect(session.refusal(of: session.answer(1, approve))?.code == .notAnApprover)
    }

    @Test func `votes are let go with the request`() throws {
        var session = try People.waiting(People.ofTwo)
        let before = session.state.heldBytes
        try session.accept(session.answer(1, edit(5), as: ann))
        #expect(session.state.heldBytes > before)
        let opening = try #require(session.log.dropFirst().first?.data.count)
        try session.accept(WithdrawRequest(request: Sample.request(1), reason: nil, principal: Sample.agent))
        #expect(session.state.heldBytes == before - opening + 256)
    }
}
