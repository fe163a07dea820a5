import HoldpointCore
import JSON

/// People who answer in tests, and what they do.
enum People {
    static let platform = Principal.key("platform")

    static func person(
        _ id: String, _ accreditation: Accreditation = .n2, groups: [String] = ["finance"]
    ) throws -> Person {
        Person(
            user: try UserID(id), accreditation: accreditation, groups: Set(try groups.map { try GroupName($0) }))
    }

    static func responder(_ person: Person) -> Responder { Responder(key: platform, person: person) }

    /// A permission that these may answer.
    static func permission(_ approvers: JSONValue, _ extra: JSONValue = [:]) -> JSONValue {
        Sample.merge(Sample.permission(["approvers": approvers]), extra)
    }

    /// A permission that two of a group must approve, and may edit.
    static let ofTwo = permission(["groups": ["finance"], "quorum": 2], ["allow_edit": true])

    static func claim(_ session: LiveSession, _ number: UInt64, by person: Person, seconds: Int64 = 60) -> ClaimRequest
    {
        ClaimRequest(
            request: Sample.request(number), responder: responder(person), milliseconds: seconds * 1_000,
            receivedAt: session.now)
    }

    static func release(_ session: LiveSession, _ number: UInt64, by person: Person) -> ReleaseRequest {
        ReleaseRequest(request: Sample.request(number), responder: responder(person), receivedAt: session.now)
    }

    static func delegate(
        _ session: LiveSession, _ number: UInt64, by person: Person, to other: Person
    ) -> DelegateRequest {
        DelegateRequest(
            request: Sample.request(number), responder: responder(person), delegate: other, receivedAt: session.now)
    }

    /// A session that acts for `requester` and waits for answers to these.
    static func waiting(_ bodies: JSONValue..., onBehalfOf requester: String? = nil) throws -> LiveSession {
        var session = try LiveSession()
        try session.accept(
            StartSession(
                id: try SessionID("order-7"), agent: try AgentName("biller"), agentVersion: 3, program: .external,
                input: ["order": 7], labels: [:], onBehalfOf: requester, principal: Sample.agent))
        for (index, body) in bodies.enumerated() { try session.accept(try Sample.open(UInt64(index + 1), body)) }
        return session
    }
}

extension LiveSession {
    /// An answer of a person; equal answers have equal fingerprints, whoever gives them.
    func answer(_ number: UInt64, _ response: JSONValue, as person: Person, receivedAt: Timestamp? = nil)
        -> AnswerRequest
    {
        answer(
            number, response, by: People.platform, as: person, receivedAt: receivedAt, fingerprint: response.text)
    }

    /// What was done about a pending request.
    func progress(_ number: UInt64) -> RequestProgress? { state.openRequest(Sample.request(number))?.progress }
}
