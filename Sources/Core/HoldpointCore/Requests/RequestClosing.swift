package import JSON

/// What became of a request, as it is shown beside the request itself.
package struct RequestClosing: Sendable, Equatable {
    /// Its final status.
    package let status: RequestStatus
    /// The answer; or what silence stood for; secret values are handles.
    package let response: JSONValue?
    /// Who closed it, if somebody did.
    package let closedBy: Principal?
    /// When it closed.
    package let closedAt: Timestamp
    /// Words beside the answer, or the reason of a withdrawal.
    package let comment: String?
    /// SHA-256 of the arguments that may run, for an approved or edited `permission` (I7).
    package let approvedDigest: Digest?
    /// The key that spoke for whoever closed it, if that was a user.
    package let via: Principal?
    /// All who approved, where more than one had to.
    package let approvals: [Approval]

    /// Reads it from the event that closed the request; nil if the event closes none.
    package init?(_ event: any SessionEvent, at time: Timestamp) {
        switch event {
        case let event as RequestAnswered:
            self.init(
                status: .answered, response: event.response, closedBy: event.answeredBy, closedAt: time,
                comment: event.comment, approvedDigest: event.approvedDigest, via: event.via,
                approvals: event.approvals)
        case let event as RequestExpired:
            self.init(
                status: .expired, response: event.response, closedBy: nil, closedAt: time, comment: nil,
                approvedDigest: nil)
        case let event as RequestCancelled:
            self.init(
                status: .cancelled, response: nil, closedBy: event.cancelledBy, closedAt: time,
                comment: event.reason, approvedDigest: nil)
        default: return nil
        }
    }

    private init(
        status: RequestStatus, response: JSONValue?, closedBy: Principal?, closedAt: Timestamp, comment: String?,
        approvedDigest: Digest?, via: Principal? = nil, approvals: [Approval] = []
    ) {
        self.status = status
        self.response = response
        self.closedBy = closedBy
        self.closedAt = closedAt
        self.comment = comment
        self.approvedDigest = approvedDigest
        self.via = via
        self.approvals = approvals
    }
}
