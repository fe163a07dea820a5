import HoldpointCore
import JSON
import Testing

@Suite struct DelegatingTests {
    private let ann: Person
    private let eve: Person
    private let body = People.permission(["groups": ["finance"], "accreditation": "N2", "not_requester": true])
    private let approve: JSONValue = ["action": "approve"]

    init() throws {
        ann = try People.person("ann")
        eve = try People.person("eve", groups: [])
    }

    @Test func `somebody whom no list names may answer once it is delegated to them, and delegate further`() throws {
        var session = try People.waiting(body)
        #expect(session.refusal(of: session.answer(1, approve, as: eve))?.code == .notAnApprover)
        let entry = try #require(try session.accept(People.delegate(session, 1, by: ann, to: eve)).first)
        #expect(entry.type == "hitl_delegated")
        #expect(try entry.json()["to"] == "eve")
        #expect(try entry.json()["approvers"]?["accreditation"] == "N2")
        let max = try People.person("max", groups: [])
        try session.accept(People.delegate(session, 1, by: eve, to: max))
        try session.accept(session.answer(1, approve, as: max))
    }

    @Test func `what a delegate must satisfy is looked at when they answer, too`() throws {
        var session = try People.waiting(body)
        try session.accept(People.delegate(session, 1, by: ann, to: eve))
        let lowly = try People.person("eve", .n1, groups: [])
        #expect(session.refusal(of: session.answer(1, approve, as: lowly))?.code == .notAnApprover)
    }

    @Test func `it is not delegated to whoever may not answer for another reason, nor by whoever may not answer`()
        throws
    {
        let session = try People.waiting(body, onBehalfOf: "req")
        for other in [try People.person("lowly", .n1, groups: []), try People.person("req", groups: [])] {
            let refusal = session.refusal(of: People.delegate(session, 1, by: ann, to: other))
            #expect(refusal?.code == .invalidInput)
            #expect(refusal?.violations.pointers == ["/to"])
        }
        #expect(session.refusal(of: People.delegate(session, 1, by: eve, to: ann))?.code == .notAnApprover)
    }

    @Test func `who may answer anyway needs no delegation`() throws {
        var session = try People.waiting(body, Sample.decision())
        let bob = try People.person("bob")
        #expect(try session.accept(People.delegate(session, 1, by: ann, to: bob)).isEmpty)
        #expect(try session.accept(People.delegate(session, 2, by: ann, to: eve)).isEmpty)
        try session.accept(People.delegate(session, 1, by: ann, to: eve))
        #expect(try session.accept(People.delegate(session, 1, by: bob, to: eve)).isEmpty)
    }

    @Test func `a step's approvers delegate by the step's rules`() throws {
        var session = try People.waiting(
            Sample.merge(
                body, ["escalation": [["after": 60, "approvers": ["groups": ["board"], "accreditation": "N4"]]]]))
        session.advance(seconds: 60)
        let chair = try People.person("chair", .n4, groups: ["board"])
        #expect(session.refusal(of: People.delegate(session, 1, by: chair, to: eve))?.code == .invalidInput)
        let trusted = try People.person("trusted", .n4, groups: [])
        try session.accept(People.delegate(session, 1, by: chair, to: trusted))
        try session.accept(session.answer(1, approve, as: trusted))
    }

    @Test func `delegates are bounded`() throws {
        var session = try People.waiting(body)
        for number in 0..<PeopleLimits.delegates {
            try session.accept(
                People.delegate(session, 1, by: ann, to: try People.person("d\(number)", groups: [])))
        }
        #expect(session.refusal(of: People.delegate(session, 1, by: ann, to: eve))?.code == .tooManyActs)
    }
}
