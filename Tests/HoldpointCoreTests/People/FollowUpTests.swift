import HoldpointCore
import JSON
import Testing

@Suite struct FollowUpTests {
    private let body = People.permission(
        ["groups": ["finance"], "accreditation": "N3"],
        [
            "expires_in": 100, "reminders": [10, 20, 50],
            "escalation": [
                ["after": 30, "approvers": ["groups": ["board"], "accreditation": "N1"]],
                ["after": 60, "approvers": ["users": ["chair"]]],
            ],
        ])

    private func at(_ seconds: Int64) -> Timestamp { Sample.start.adding(milliseconds: seconds * 1_000) }

    @Test func `reminders, steps and the deadline fall due in turn, and nothing in between`() throws {
        var session = try People.waiting(body)
        var found: [String] = []
        while let due = session.state.timerAt {
            session.now = due.adding(milliseconds: -1)
            #expect(try session.accept(FireDeadlines()).isEmpty, "nothing is due before its time")
            session.now = due
            #expect(session.state.wakeAt == due)
            let seconds = (due.milliseconds - Sample.start.milliseconds) / 1_000
            found += try session.accept(FireDeadlines()).map { "\(seconds) \($0.type)" }
            #expect(try session.accept(FireDeadlines()).isEmpty, "it is done once")
        }
        #expect(
            found == [
                "10 hitl_reminded", "20 hitl_reminded", "30 hitl_escalated", "50 hitl_reminded", "60 hitl_escalated",
                "100 hitl_expired",
            ])
    }

    @Test func `I8: however long nobody answers, it expires as rejected, and no step answers`() throws {
        var session = try People.waiting(body)
        for second in stride(from: Int64(5), through: 200, by: 5) {
            session.now = at(second)
            for entry in try session.accept(FireDeadlines()) {
                #expect(entry.type != "hitl_responded")
                if entry.type == "hitl_expired" { #expect(try entry.json()["response"] == ["action": "reject"]) }
            }
        }
        #expect(session.state.closedRequest(Sample.request(1))?.status == .expired)
    }

    @Test func `of reminders that nobody was there to give, one is given; no step is left out`() throws {
        var session = try People.waiting(body)
        session.now = at(70)
        let entries = try session.accept(FireDeadlines())
        #expect(entries.map(\.type) == ["hitl_reminded", "hitl_escalated", "hitl_escalated"])
        #expect(try entries.first?.json()["number"] == 3)
        session.now = at(200)
        #expect(try session.accept(FireDeadlines()).map(\.type) == ["hitl_expired"])
        var late = try People.waiting(body)
        late.now = at(200)
        #expect(try late.accept(FireDeadlines()).map(\.type) == ["hitl_expired"], "nobody is told of what is over")
    }

    @Test func `a step's people may answer from its time on, by its own accreditation, besides those before`() throws {
        let approve: JSONValue = ["action": "approve"]
        let member = try People.person("m", .n1, groups: ["board"])
        var session = try People.waiting(body)
        session.now = at(30).adding(milliseconds: -1)
        let early = session.answer(1, approve, as: member)
        #expect(session.refusal(of: early)?.code == .notAnApprover)
        session.now = at(30)
        // The event need not be there yet: the time counts.
        #expect(session.refusal(of: session.answer(1, approve, as: member)) == nil)
        try session.accept(FireDeadlines())
        // Clocks differ: once the step is recorded, nobody of it is sent away.
        #expect(session.refusal(of: early) == nil)
        #expect(session.refusal(of: session.answer(1, approve, as: try People.person("f", .n3))) == nil)
        let lowly = try People.person("m", .n0, groups: ["board"])
        #expect(session.refusal(of: session.answer(1, approve, as: lowly))?.code == .notAnApprover)
        #expect(
            session.refusal(of: session.answer(1, approve, as: try People.person("chair", .n0)))?.code == .notAnApprover
        )
        session.now = at(60)
        #expect(session.refusal(of: session.answer(1, approve, as: try People.person("chair", .n0, groups: []))) == nil)
    }

    @Test func `a reminder or a step before its time cannot be recorded, nor one that was`() throws {
        var session = try People.waiting(body)
        let request = JSONValue.string(Sample.request(1).description)
        let early = try RequestReminded(recorded: ["request": request, "number": 1])
        #expect(throws: IllegalEvent.self) { try session.record(early) }
        let step = try RequestEscalated(recorded: ["request": request, "step": 2, "approvers": [:]])
        session.now = at(70)
        #expect(throws: IllegalEvent.self) { try session.record(step) }
        try session.accept(FireDeadlines())
        #expect(throws: IllegalEvent.self) { try session.record(early) }
    }

    @Test func `deadlines run while an operator has paused the session`() throws {
        var session = try People.waiting(body)
        try session.accept(PauseSession(reason: nil, principal: Sample.operatorKey))
        session.now = at(10)
        #expect(session.state.wakeAt == session.now)
        #expect(try session.accept(FireDeadlines()).map(\.type) == ["hitl_reminded"])
    }
}
