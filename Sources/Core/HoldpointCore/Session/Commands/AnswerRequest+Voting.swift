import JSON

extension AnswerRequest {
    /// What an approval of a permission comes to that more than one person must approve.
    enum Ballot {
        /// It is approved, by these people.
        case enough([Approval])
        /// It is one vote more, and not the last.
        case more(RequestVoted)
        /// It does not count.
        case refused(Rejection)
    }

    /// Counts this approval of the arguments with that digest, together with the votes so far.
    ///
    /// All votes approve the same arguments (I7). Whoever names others begins anew, with one vote; whoever approves
    /// what was proposed says nothing of an edit that they may not have seen.
    func ballot(_ open: PendingRequest, for digest: Digest) -> Ballot {
        guard let person = responder.person,
            let action = response["action"]?.stringValue.flatMap({ PermissionAction(rawValue: $0) })
        else { return .refused(Rejection(.notAnApprover, ApproverRefusal.isNobody.detail)) }
        let progress = open.progress ?? RequestProgress()
        var votes = progress.votes
        if let standing = progress.digest, standing != digest {
            guard action == .edit else {
                let detail =
                    "others have named other arguments since: answer with an edit that names those which you approve"
                return .refused(Rejection(.argumentsEdited, detail))
            }
            if let refusal = open.refusalOfAnotherAct() { return .refused(refusal) }
            votes = []
        }
        let approval = Approval(user: person.user, via: responder.key, receivedAt: receivedAt, action: action)
        let count = Int64(votes.count) + 1
        if count >= open.request.quorum { return .enough(votes.map(\.approval) + [approval]) }
        return .more(
            RequestVoted(
                request: request, approval: approval, response: response, comment: comment, digest: digest,
                votes: count, needed: open.request.quorum, fingerprint: fingerprint))
    }
}

extension PendingRequest {
    /// The vote of somebody, if it counts.
    func vote(of responder: Responder) -> RequestVote? {
        guard let user = responder.person?.user else { return nil }
        return progress?.votes.first { $0.approval.user == user }
    }
}
