package import JSON

/// A human's answer to one request; the first that fits wins, and only it.
package struct AnswerRequest: SessionCommand {
    package static let kind = "answer"

    package let request: RequestID
    /// The answer, with handles in the place of secret values.
    package let response: JSONValue
    package let comment: String?
    /// Who answers; a user as they were when the answer was received, since that is when they said it.
    package let responder: Responder
    /// When the answer was received: it counts if that was before the deadline, however late it is applied.
    package let receivedAt: Timestamp
    /// A keyed MAC of the whole answer, bound to the request: equal for equal answers of whatever secrecy.
    package let fingerprint: String
    package let sealedSecrets: [SealedSecret]

    package init(
        request: RequestID, response: JSONValue, comment: String?, responder: Responder, receivedAt: Timestamp,
        fingerprint: String, sealedSecrets: [SealedSecret]
    ) {
        self.request = request
        self.response = response
        self.comment = comment
        self.responder = responder
        self.receivedAt = receivedAt
        self.fingerprint = fingerprint
        self.sealedSecrets = sealedSecrets
    }

    package var principal: Principal { responder.principal }

    package func decide(_ state: SessionState, in context: DecisionContext) -> Decision {
        if let closed = state.closedRequest(request), isRepetition(of: closed) {
            return .accept([], .request(request, isNew: false))
        }
        let open: PendingRequest
        do throws(Rejection) {
            open = try state.pendingRequest(request, for: responder, at: receivedAt).request
            if let given = open.vote(of: responder) { return try repeated(given) }
            try open.refuseIfClaimed(against: responder, at: receivedAt)
        } catch {
            return .reject(error)
        }
        var violations = open.request.violations(ofAnswer: response)
        if violations.isEmpty { violations = state.violations(ofEdit: response, of: open) }
        guard violations.isEmpty else {
            return .reject(
                Rejection(
                    .invalidAnswer, "the answer does not fit; the request is still pending", violations: violations))
        }
        let verdict: JudgedVerdict?
        switch rejudge(open, in: state, context) {
        case .stands(let found): verdict = found
        case .otherwise(let decision): return decision
        }
        do {
            let digest = try approvedDigest(of: open.request, hasher: context.hasher)
            return close(open, approving: digest, judged: verdict)
        } catch {
            return .reject(Rejection(.invalidAnswer, "the answer does not fit", violations: error.violations))
        }
    }

    /// Whether the request closed by this very answer, or by one before which this person gave it.
    private func isRepetition(of closed: ClosedRequest) -> Bool {
        guard closed.status == .answered else { return false }
        if closed.closedBy == principal, closed.fingerprint == fingerprint { return true }
        return closed.votes.contains { .user($0.user) == principal && $0.fingerprint == fingerprint }
    }

    /// What becomes of another answer of somebody whose vote counts already: nothing, if it is the same.
    private func repeated(_ vote: RequestVote) throws(Rejection) -> Decision {
        guard vote.fingerprint == fingerprint else {
            throw Rejection(.alreadyVoted, "\(vote.approval.user) has given another answer, which counts")
        }
        return .accept([], .request(request, isNew: false))
    }

    /// Closes the request, unless it is a permission that more people must approve.
    private func close(_ open: PendingRequest, approving digest: Digest?, judged verdict: JudgedVerdict?) -> Decision {
        var approvals: [Approval] = []
        if let digest, open.request.quorum > 1 {
            switch ballot(open, for: digest) {
            case .enough(let all): approvals = all
            case .more(let vote): return .accept([vote], .request(request, isNew: false))
            case .refused(let rejection): return .reject(rejection)
            }
        }
        let answered = RequestAnswered(
            request: request, response: response, comment: comment, answeredBy: principal,
            receivedAt: receivedAt, fingerprint: fingerprint, approvedDigest: digest, via: responder.via,
            approvals: approvals, policy: verdict)
        return .accept([answered], .request(request, isNew: false))
    }

    /// The digest of the arguments that this answer lets run; nil for a rejection and for other types (I7).
    private func approvedDigest(
        of open: HumanRequest, hasher: any Hasher
    ) throws(InvalidAnswer) -> Digest? {
        guard open.type == .permission else { return nil }
        switch response["action"]?.stringValue.flatMap({ PermissionAction(rawValue: $0) }) {
        case .approve: return open.argumentsDigest
        case .edit: return try ArgumentsDigest.of(response["arguments"] ?? .null, hasher: hasher)
        case .reject, nil: return nil
        }
    }
}
