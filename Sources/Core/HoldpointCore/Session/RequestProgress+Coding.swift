import JSON

extension RequestProgress {
    /// Writes the progress as it is shown beside a request.
    func writeView(into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("digest", digest?.description)
        writer.member("arguments", edit?.arguments)
        writer.key(plain: "votes")
        writer.beginArray()
        for vote in votes { vote.approval.write(into: &writer) }
        writer.endArray()
        writer.member("claimed_by", claim?.user.text)
        writer.member("claimed_until", claim?.until)
        writer.member("delegates", .some(.array(delegates.map { .string($0.user.text) })))
        writer.member("reminded", reminded)
        writer.member("escalated", escalated)
        writer.endObject()
    }

    /// Writes the progress for a snapshot.
    func write(into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("digest", digest?.description)
        if let edit {
            writer.member("arguments", .some(edit.arguments))
            writer.member("arguments_bytes", Int64(edit.heldBytes))
        }
        writer.key(plain: "votes")
        writer.beginArray()
        for vote in votes {
            writer.beginObject()
            writer.key(plain: "approval")
            vote.approval.write(into: &writer)
            writer.member("fingerprint", vote.fingerprint)
            writer.endObject()
        }
        writer.endArray()
        if let claim {
            writer.member("claimed_by", claim.user.text)
            writer.member("claimed_since", .some(claim.since))
            writer.member("claimed_until", .some(claim.until))
        }
        writer.key(plain: "delegates")
        writer.beginArray()
        for delegate in delegates {
            writer.beginObject()
            writer.member("user", delegate.user.text)
            writer.key(plain: "approvers")
            delegate.approvers.write(into: &writer)
            writer.endObject()
        }
        writer.endArray()
        writer.member("reminded", reminded)
        writer.member("escalated", escalated)
        writer.member("acts", acts)
        writer.endObject()
    }

    /// Reads what `write` wrote.
    init(recorded value: JSONValue) throws(MalformedRecord) {
        var reader = EventReader(value, of: Self.name)
        let digestText = reader.optionalText("digest")
        if let arguments = reader.optionalValue("arguments") {
            edit = StandingEdit(arguments: arguments, heldBytes: reader.byteCount("arguments_bytes"))
        }
        let votes = reader.array("votes")
        let claimer = reader.optionalText("claimed_by")
        let since = reader.optionalTime("claimed_since")
        let until = reader.optionalTime("claimed_until")
        let delegates = reader.array("delegates")
        reminded = reader.count("reminded")
        escalated = reader.count("escalated")
        acts = reader.count("acts")
        try reader.finish()
        digest = digestText.flatMap { Digest(hexadecimal: $0) }
        if let claimer {
            guard let user = try? UserID(claimer), let since, let until else { throw Self.malformed }
            claim = RequestClaim(user: user, since: since, until: until)
        }
        guard (digest == nil) == (digestText == nil) else { throw Self.malformed }
        for vote in votes { self.votes.append(try RequestVote(recorded: vote)) }
        for delegate in delegates { self.delegates.append(try RequestDelegate(recorded: delegate)) }
    }

    private static let name = "snapshot's progress of a request"

    static var malformed: MalformedRecord { MalformedRecord(what: name, violations: []) }
}

extension RequestVote {
    fileprivate init(recorded value: JSONValue) throws(MalformedRecord) {
        var reader = EventReader(value, of: "snapshot's vote")
        let approval = reader.value("approval")
        fingerprint = reader.text("fingerprint")
        try reader.finish()
        self.approval = try Approval(recorded: approval)
    }
}

extension RequestDelegate {
    fileprivate init(recorded value: JSONValue) throws(MalformedRecord) {
        var reader = EventReader(value, of: "snapshot's delegate")
        let user = reader.user("user")
        let recorded = reader.value("approvers")
        try reader.finish()
        guard let user else { throw RequestProgress.malformed }
        self.init(user: user, approvers: try Approvers(recorded: recorded))
    }
}
