package import JSON

/// What was done about a pending request that did not close it.
package struct RequestProgress: Sendable, Equatable {
    /// The arguments that the votes approve, by their digest; nil without votes (I7).
    package internal(set) var digest: Digest?
    /// These arguments themselves, if they are other than the request's.
    package internal(set) var edit: StandingEdit?
    /// The approvals so far, of different people, the first first.
    package internal(set) var votes: [RequestVote] = []
    /// Who has claimed it, if somebody has; it may be over.
    package internal(set) var claim: RequestClaim?
    /// Those who may answer because somebody who might delegated it to them.
    package internal(set) var delegates: [RequestDelegate] = []
    /// How many of its reminders are behind.
    package internal(set) var reminded: Int64 = 0
    /// How many steps of its escalation are behind.
    package internal(set) var escalated: Int64 = 0
    /// Votes, claims, releases and delegations so far.
    package internal(set) var acts: Int64 = 0

    /// Bytes of event data that it holds on to.
    var heldBytes: Int {
        (edit?.heldBytes ?? 0) + votes.count * RequestVote.heldBytes + delegates.count * RequestDelegate.heldBytes
            + (claim == nil ? 0 : RequestClaim.heldBytes)
    }
}

/// Arguments that somebody named in the place of the request's, and that others have yet to approve.
package struct StandingEdit: Sendable, Equatable {
    /// The arguments.
    package let arguments: JSONValue
    /// Bytes of the event's data that holds them.
    let heldBytes: Int
}

/// One person's approval of a permission that needs several.
package struct RequestVote: Sendable, Equatable {
    static let heldBytes = 512

    /// Who it was, and the key that spoke for them.
    package let approval: Approval
    /// A keyed MAC of the answer, to tell a repetition from another answer.
    let fingerprint: String
}

/// That a person approved, as it is recorded and shown.
package struct Approval: Sendable, Equatable {
    /// Who.
    package let user: UserID
    /// The key that spoke for them.
    package let via: Principal
    /// When their answer was received.
    package let receivedAt: Timestamp
    /// Whether they named the arguments themselves.
    package let action: PermissionAction

    func write(into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("user", user.text)
        writer.member("via", via.text)
        writer.member("action", action.rawValue)
        writer.member("received_at", .some(receivedAt))
        writer.endObject()
    }

    /// Reads what `write` wrote.
    init(recorded value: JSONValue) throws(MalformedRecord) {
        var reader = EventReader(value, of: "approval")
        let user = reader.user("user")
        let via = reader.principal("via")
        let action = reader.parsed("action") { PermissionAction(rawValue: $0) }
        let receivedAt = reader.time("received_at")
        try reader.finish()
        guard let user, let action else { throw MalformedRecord(what: "approval", violations: []) }
        self.init(user: user, via: via, receivedAt: receivedAt, action: action)
    }

    init(user: UserID, via: Principal, receivedAt: Timestamp, action: PermissionAction) {
        self.user = user
        self.via = via
        self.receivedAt = receivedAt
        self.action = action
    }
}

/// That somebody takes care of a request for a while, and nobody else may answer it.
package struct RequestClaim: Sendable, Equatable {
    static let heldBytes = 256

    /// Who.
    package let user: UserID
    /// The first moment at which it holds.
    package let since: Timestamp
    /// The first moment at which it does not hold any more.
    package let until: Timestamp

    /// Whether it keeps others from acting whose word was received then.
    func holds(at time: Timestamp) -> Bool { since <= time && time < until }
}

/// Somebody who may answer because it was delegated to them.
package struct RequestDelegate: Sendable, Equatable {
    static let heldBytes = 256

    /// Who.
    package let user: UserID
    /// What they must satisfy: what whoever delegated had to, but for being on a list.
    package let approvers: Approvers
}

/// Holds the progress in one reference, so that requests without any are no larger for it.
final class RequestProgressBox: Sendable, Equatable {
    let value: RequestProgress

    init(_ value: RequestProgress) {
        self.value = value
    }

    static func == (left: RequestProgressBox, right: RequestProgressBox) -> Bool {
        left === right || left.value == right.value
    }
}
