package import JSON

/// A human answered a request; secret values are handles here (I9).
package struct RequestAnswered: SessionEvent {
    package static let type = EventType("hitl_responded")

    let request: RequestID
    let response: JSONValue
    let comment: String?
    let answeredBy: Principal
    /// When the answer was received; it may lie before the event when the answer was stored first.
    let receivedAt: Timestamp
    /// A keyed MAC of the answer, bound to the request.
    let fingerprint: String
    /// SHA-256 of the arguments that an approval or an edit allows (I7).
    let approvedDigest: Digest?
    /// The key that spoke for whoever answered, if that is a user.
    let via: Principal?
    /// All who approved, the first first, where more than one had to; whoever answered is the last.
    let approvals: [Approval]
    /// What the policy said when it judged the call again; nil where what it said of the request stands.
    let policy: JudgedVerdict?

    init(
        request: RequestID, response: JSONValue, comment: String?, answeredBy: Principal, receivedAt: Timestamp,
        fingerprint: String, approvedDigest: Digest?, via: Principal? = nil, approvals: [Approval] = [],
        policy: JudgedVerdict? = nil
    ) {
        self.request = request
        self.response = response
        self.comment = comment
        self.answeredBy = answeredBy
        self.receivedAt = receivedAt
        self.fingerprint = fingerprint
        self.approvedDigest = approvedDigest
        self.via = via
        self.approvals = approvals
        self.policy = policy
    }

    package func write(into writer: inout JSONWriter, session: SessionID) {
        writer.beginObject()
        writer.member("request", request.description)
        writer.member("response", .some(response))
        writer.member("comment", comment)
        writer.member("by", answeredBy.text)
        writer.member("received_at", .some(receivedAt))
        writer.member("fingerprint", fingerprint)
        writer.member("approved_digest", approvedDigest?.description)
        if let via { writer.member("via", via.text) }
        if !approvals.isEmpty {
            writer.key(plain: "approvals")
            writer.beginArray()
            for approval in approvals { approval.write(into: &writer) }
            writer.endArray()
        }
        if let policy { writer.member("policy", .some(policy.json)) }
        writer.endObject()
    }

    package func apply(to state: inout SessionState, at position: EventPosition) -> String? {
        guard let open = state.openRequest(request) else { return "the request is not pending" }
        let votes = approvedDigest == nil ? [] : open.progress?.votes ?? []
        if let reason = refusalOfApprovals(open, votes) { return reason }
        guard
            state.close(
                request, as: .answered, by: answeredBy, fingerprint: fingerprint, votes: votes, at: position)
        else { return "the request is not pending" }
        state.tellWorkflow(of: open, .value(response), at: position)
        return nil
    }

    /// Nothing is approved that not enough different people approved, each of them the same arguments (I7).
    private func refusalOfApprovals(_ open: PendingRequest, _ votes: [RequestVote]) -> String? {
        guard let approvedDigest, open.request.quorum > 1 else { return nil }
        if let digest = open.progress?.digest, digest != approvedDigest { return "the votes approve other arguments" }
        guard approvals.dropLast().elementsEqual(votes.map(\.approval)),
            let last = approvals.last, answeredBy == .user(last.user), via == last.via
        else { return "the approvals are not the votes" }
        let people = Set(approvals.map(\.user))
        if people.count < approvals.count { return "somebody approved twice" }
        return people.count < open.request.quorum ? "too few people approved" : nil
    }
}

extension RequestAnswered {
    package init(recorded data: JSONValue) throws(MalformedRecord) {
        var reader = EventReader(data, of: Self.type.text)
        request = reader.request("request")
        response = reader.value("response")
        comment = reader.optionalText("comment")
        answeredBy = reader.principal("by")
        receivedAt = reader.time("received_at")
        fingerprint = reader.text("fingerprint")
        let digest = reader.optionalText("approved_digest")
        approvedDigest = digest.flatMap { Digest(hexadecimal: $0) }
        via = reader.optionalPrincipal("via")
        let recorded = reader.optionalValue("approvals")?.arrayValue ?? []
        let verdict = reader.optionalValue("policy")
        try reader.finish()
        var approvals: [Approval] = []
        for approval in recorded { approvals.append(try Approval(recorded: approval)) }
        self.approvals = approvals
        policy = try verdict.map { (value) throws(MalformedRecord) in try JudgedVerdict(recorded: value) }
        if (digest == nil) != (approvedDigest == nil) {
            throw MalformedRecord(what: Self.type.text, violations: [])
        }
    }
}
