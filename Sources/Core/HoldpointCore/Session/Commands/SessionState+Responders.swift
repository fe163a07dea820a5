import JSON

extension SessionState {
    /// The pending request on which somebody acts, and the list by which they may; throws why they may not.
    ///
    /// - Parameter time: when their word was received.
    func pendingRequest(
        _ id: RequestID, for responder: Responder, at time: Timestamp
    ) throws(Rejection) -> (request: PendingRequest, list: Approvers?) {
        if let closed = closedRequest(id) { throw closed.rejection }
        guard let open = openRequest(id) else { throw Rejection(.requestNotFound, "there is no such request") }
        if let refusal = refusalUnlessLive() { throw refusal }
        if let deadline = open.request.expiresAt, deadline <= time {
            throw Rejection(.requestExpired, "the request expired at \(deadline)")
        }
        switch open.admission(of: responder.person, onBehalfOf: onBehalfOf, at: time) {
        case .admitted(let list): return (open, list)
        case .refused(let refusal): throw Rejection(.notAnApprover, refusal.detail)
        }
    }
}

extension PendingRequest {
    /// Throws if somebody else has claimed it.
    func refuseIfClaimed(against responder: Responder, at time: Timestamp) throws(Rejection) {
        guard let claim = claim(against: responder.person, at: time) else { return }
        let holder: JSONValue = [
            "claimed_by": .string(Principal.user(claim.user).text), "claimed_until": .string(claim.until.description),
        ]
        throw Rejection(.claimed, "\(claim.user) has claimed the request until \(claim.until)", winner: holder)
    }

    /// Refuses what people may do again and again, once they have done it too often.
    func refusalOfAnotherAct() -> Rejection? {
        guard progress?.acts ?? 0 >= PeopleLimits.acts else { return nil }
        return Rejection(
            .tooManyActs, "a request takes at most \(PeopleLimits.acts) votes, claims, releases and delegations")
    }
}

extension ClosedRequest {
    /// What somebody is told who comes too late.
    var rejection: Rejection {
        switch status {
        case .answered, .pending:
            let winner: JSONValue = [
                "responded_by": closedBy.map { .string($0.text) } ?? .null,
                "responded_at": .string(closedAt.description),
            ]
            return Rejection(.alreadyAnswered, "another answer was applied first", winner: winner)
        case .expired: return Rejection(.requestExpired, "the request expired at \(closedAt)")
        case .cancelled: return Rejection(.requestCancelled, "the request was cancelled at \(closedAt)")
        }
    }
}
