package import JSON

/// A human's answer to one request; the first that fits wins, and only it.
package struct AnswerRequest: SessionCommand {
    package static let kind = "answer"

    package let request: RequestID
    /// The answer, with handles in the place of secret values.
    package let response: JSONValue
    package let comment: String?
    package let principal: Principal
    /// When the answer was received: it counts if that was before the deadline, however late it is applied.
    package let receivedAt: Timestamp
    /// A keyed MAC of the whole answer, bound to the request: equal for equal answers of whatever secrecy.
    package let fingerprint: String
    package let sealedSecrets: [SealedSecret]

    package init(
        request: RequestID, response: JSONValue, comment: String?, principal: Principal, receivedAt: Timestamp,
        fingerprint: String, sealedSecrets: [SealedSecret]
    ) {
        self.request = request
        self.response = response
        self.comment = comment
        self.principal = principal
        self.receivedAt = receivedAt
        self.fingerprint = fingerprint
        self.sealedSecrets = sealedSecrets
    }

    package func decide(_ state: SessionState, in context: DecisionContext) -> Decision {
        if let closed = state.closedRequest(request) { return judge(closed) }
        guard let open = state.openRequest(request) else {
            return .reject(Rejection(.requestNotFound, "there is no such request"))
        }
        if let refusal = state.refusalUnlessLive() { return .reject(refusal) }
        if let deadline = open.request.expiresAt, deadline <= receivedAt {
            return .reject(Rejection(.requestExpired, "the request expired at \(deadline)"))
        }
        var violations = open.request.violations(ofAnswer: response)
        if violations.isEmpty { violations = state.violations(ofEdit: response, of: open) }
        guard violations.isEmpty else {
            return .reject(
                Rejection(
                    .invalidAnswer, "the answer does not fit; the request is still pending", violations: violations))
        }
        do {
            let digest = try approvedDigest(of: open.request, hasher: context.hasher)
            let answered = RequestAnswered(
                request: request, response: response, comment: comment, answeredBy: principal,
                receivedAt: receivedAt, fingerprint: fingerprint, approvedDigest: digest)
            return .accept([answered], .request(request, isNew: false))
        } catch {
            return .reject(Rejection(.invalidAnswer, "the answer does not fit", violations: error.violations))
        }
    }

    private func judge(_ closed: ClosedRequest) -> Decision {
        switch closed.status {
        case .answered where closed.closedBy == principal && closed.fingerprint == fingerprint:
            return .accept([], .request(request, isNew: false))
        case .answered, .pending:
            let winner: JSONValue = [
                "responded_by": closed.closedBy.map { .string($0.text) } ?? .null,
                "responded_at": .string(closed.closedAt.description),
            ]
            return .reject(Rejection(.alreadyAnswered, "another answer was applied first", winner: winner))
        case .expired:
            return .reject(Rejection(.requestExpired, "the request expired at \(closed.closedAt)"))
        case .cancelled:
            return .reject(Rejection(.requestCancelled, "the request was cancelled at \(closed.closedAt)"))
        }
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
