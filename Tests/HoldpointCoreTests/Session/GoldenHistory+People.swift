import HoldpointCore
import JSON

extension GoldenHistory {
    /// The events of what people and time do about a pending request; `PeopleReplayTests` has them in random order.
    static let peopleTypes: Set<String> = [
        "hitl_voted", "hitl_claimed", "hitl_released", "hitl_delegated", "hitl_reminded", "hitl_escalated",
    ]

    /// A permission that two must approve, with everything that people and time do about it, and another of the kind.
    static func people() throws -> LiveSession {
        var session = try People.waiting(try permission(), try permission(), onBehalfOf: "req")
        let (ann, bob) = (try People.person("ann@example.org", .n3), try People.person("bob", .n3))
        session.advance(seconds: 60)
        try session.accept(FireDeadlines())
        try session.accept(People.delegate(session, 1, by: ann, to: try People.person("eve", .n2, groups: [])))
        try session.accept(People.claim(session, 1, by: bob))
        try session.accept(People.release(session, 1, by: bob))
        try session.accept(session.answer(1, ["action": "approve", "feedback": "fine"], as: ann))
        try session.accept(session.answer(1, ["action": "approve"], as: bob))
        try session.accept(session.answer(2, ["action": "reject"], as: bob))
        let rejected = try HumanRequest(recorded: try session.log[2].json())
        try session.accept(
            try ReopenRequest(
                id: Sample.request(3), reopening: rejected, wasRejected: true,
                responder: People.responder(try People.person("clerk", .n0, groups: []))))
        session.advance(seconds: 60)
        try session.accept(FireDeadlines())
        try session.accept(People.delegate(session, 3, by: ann, to: try People.person("eve", .n2, groups: [])))
        let edited: JSONValue = ["action": "edit", "arguments": ["amount": 5]]
        try session.accept(session.answer(3, edited, as: ann))
        try session.accept(People.claim(session, 3, by: bob))
        return session
    }

    private static func permission() throws -> JSONValue {
        People.permission(
            ["accreditation": "N2", "users": ["bob"], "groups": ["finance"], "quorum": 2, "not_requester": true],
            [
                "allow_edit": true, "expires_in": 3_600, "reminders": [60, 600],
                "escalation": [["after": 60, "approvers": ["all_of": [["groups": ["board"]], ["users": ["chair"]]]]]],
            ])
    }
}
