import HoldpointCore
import JSON
import Testing

@Suite struct ClaimingTests {
    private let ann: Person
    private let bob: Person
    private let answer: JSONValue = ["decision": "fast"]

    init() throws {
        ann = try People.person("ann")
        bob = try People.person("bob")
    }

    @Test func `a claim keeps others away until it is over`() throws {
        var session = try People.waiting(Sample.decision())
        let entry = try #require(try session.accept(People.claim(session, 1, by: ann)).first)
        let until = session.now.adding(milliseconds: 60_000)
        #expect(entry.type == "hitl_claimed")
        #expect(try entry.json()["user"] == "ann")
        #expect(try entry.json()["until"] == .string(until.description))
        for command: any SessionCommand in [
            session.answer(1, answer, as: bob), session.answer(1, answer), People.claim(session, 1, by: bob),
            People.release(session, 1, by: bob),
        ] {
            let refusal = session.refusal(of: command)
            #expect(refusal?.code == .claimed)
            #expect(
                refusal?.winner == ["claimed_by": "user:ann", "claimed_until": .string(until.description)])
        }
        session.advance(seconds: 60)
        try session.accept(session.answer(1, answer, as: bob))
    }

    @Test func `whoever claimed answers, claims on, and lets go`() throws {
        var session = try People.waiting(Sample.decision(), Sample.decision())
        try session.accept(People.claim(session, 1, by: ann))
        session.advance(seconds: 30)
        try session.accept(People.claim(session, 1, by: ann))
        session.advance(seconds: 59)
        #expect(session.refusal(of: session.answer(1, answer, as: bob))?.code == .claimed)
        #expect(try session.accept(People.release(session, 1, by: ann)).map(\.type) == ["hitl_released"])
        #expect(try session.accept(People.release(session, 1, by: ann)).isEmpty)
        try session.accept(session.answer(1, answer, as: bob))
        try session.accept(People.claim(session, 2, by: ann))
        try session.accept(session.answer(2, answer, as: ann))
        #expect(session.refusal(of: People.claim(session, 2, by: ann))?.code == .alreadyAnswered)
    }

    @Test func `I3: an answer that was received before the claim counts, though it is applied after it`() throws {
        var session = try People.waiting(Sample.decision())
        let early = session.answer(1, answer, as: bob)
        session.advance(seconds: 1)
        try session.accept(People.claim(session, 1, by: ann))
        try session.accept(early)
    }

    @Test func `a claim that was over begins anew, so that answers from between count`() throws {
        var session = try People.waiting(Sample.decision())
        try session.accept(People.claim(session, 1, by: ann, seconds: 10))
        session.advance(seconds: 20)
        let between = session.answer(1, answer, as: bob)
        session.advance(seconds: 1)
        try session.accept(People.claim(session, 1, by: ann))
        try session.accept(between)
    }

    @Test func `only who may answer claims, and a vote ends the claim`() throws {
        var session = try People.waiting(People.ofTwo)
        let eve = try People.person("eve", groups: [])
        #expect(session.refusal(of: People.claim(session, 1, by: eve))?.code == .notAnApprover)
        try session.accept(People.claim(session, 1, by: ann))
        try session.accept(session.answer(1, ["action": "approve"], as: ann))
        try session.accept(session.answer(1, ["action": "approve"], as: bob))
    }

    @Test func `claims and releases are bounded`() throws {
        var session = try People.waiting(Sample.decision())
        for _ in 0..<Int(PeopleLimits.acts) / 2 {
            try session.accept(People.claim(session, 1, by: ann))
            try session.accept(People.release(session, 1, by: ann))
        }
        #expect(session.refusal(of: People.claim(session, 1, by: ann))?.code == .tooManyActs)
        try session.accept(session.answer(1, answer, as: ann))
    }

    @Test func `a claim does not keep time, the agent or the session's end away`() throws {
        var session = try People.waiting(Sample.decision(["expires_in": 5]), Sample.decision())
        for number: UInt64 in [1, 2] { try session.accept(People.claim(session, number, by: ann)) }
        session.advance(seconds: 5)
        #expect(try session.accept(FireDeadlines()).map(\.type) == ["hitl_expired"])
        try session.accept(WithdrawRequest(request: Sample.request(2), reason: nil, principal: Sample.agent))
    }
}
