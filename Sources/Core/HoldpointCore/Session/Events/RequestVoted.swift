package import JSON

/// Somebody approved a permission that needs more people than have approved it yet.
package struct RequestVoted: SessionEvent {
    package static let type = EventType("hitl_voted")

    let request: RequestID
    /// Who, through which key, when and how.
    let approval: Approval
    /// The answer as it was given.
    let response: JSONValue
    let comment: String?
    /// SHA-256 of the arguments that the vote approves (I7).
    let digest: Digest
    /// Votes for these arguments, this one included; one alone after an edit, which all others have yet to approve.
    let votes: Int64
    /// Votes that it takes.
    let needed: Int64
    /// A keyed MAC of the answer, bound to the request.
    let fingerprint: String

    package func write(into writer: inout JSONWriter, session: SessionID) {
        writer.beginObject()
        writer.member("request", request.description)
        writer.member("user", approval.user.text)
        writer.member("via", approval.via.text)
        writer.member("action", approval.action.rawValue)
        writer.member("response", .some(response))
        writer.member("comment", comment)
        writer.member("digest", digest.description)
        writer.member("votes", votes)
        writer.member("needed", needed)
        writer.member("received_at", .some(approval.receivedAt))
        writer.member("fingerprint", fingerprint)
        writer.endObject()
    }

    package func apply(to state: inout SessionState, at position: EventPosition) -> String? {
        state.progress(of: request) { open, progress in
            if progress.digest != digest {
                guard progress.votes.isEmpty || approval.action == .edit else { return "it approves other arguments" }
                progress.votes = []
                progress.digest = digest
                progress.edit =
                    digest == open.request.argumentsDigest
                    ? nil
                    : StandingEdit(arguments: response["arguments"] ?? .null, heldBytes: position.dataBytes)
            }
            if progress.votes.contains(where: { $0.approval.user == approval.user }) { return "it is a second vote" }
            progress.votes.append(RequestVote(approval: approval, fingerprint: fingerprint))
            guard Int64(progress.votes.count) == votes else { return "the votes are counted wrong" }
            guard votes < open.request.quorum, needed == open.request.quorum else { return "it takes no more votes" }
            // Whoever voted has done what they claimed it for.
            if progress.claim?.user == approval.user { progress.claim = nil }
            progress.acts += 1
            return nil
        }
    }
}

extension RequestVoted {
    package init(recorded data: JSONValue) throws(MalformedRecord) {
        var reader = EventReader(data, of: Self.type.text)
        request = reader.request("request")
        let user = reader.user("user")
        let via = reader.principal("via")
        let action = reader.parsed("action") { PermissionAction(rawValue: $0) }
        response = reader.value("response")
        comment = reader.optionalText("comment")
        let digest = reader.parsed("digest") { Digest(hexadecimal: $0) }
        votes = reader.count("votes")
        needed = reader.count("needed")
        let receivedAt = reader.time("received_at")
        fingerprint = reader.text("fingerprint")
        try reader.finish()
        guard let user, let action, let digest else { throw MalformedRecord(what: Self.type.text, violations: []) }
        approval = Approval(user: user, via: via, receivedAt: receivedAt, action: action)
        self.digest = digest
    }
}
