package import JSON

/// Withdraws a pending request.
package struct WithdrawRequest: SessionCommand {
    package static let kind = "withdraw_request"
    package static let closesRequests = true

    package let request: RequestID
    package let reason: String?
    package let principal: Principal

    package init(request: RequestID, reason: String?, principal: Principal) {
        self.request = request
        self.reason = reason
        self.principal = principal
    }

    package func decide(_ state: SessionState, in context: DecisionContext) -> Decision {
        if let closed = state.closedRequest(request) {
            switch closed.status {
            case .cancelled: return .accept([], .request(request, isNew: false))
            case .expired: return .reject(Rejection(.requestExpired, "the request expired at \(closed.closedAt)"))
            case .answered, .pending:
                return .reject(Rejection(.alreadyAnswered, "the request was answered at \(closed.closedAt)"))
            }
        }
        guard state.openRequest(request) != nil else {
            return .reject(Rejection(.requestNotFound, "there is no such request"))
        }
        if let refusal = state.refusalUnlessLive() { return .reject(refusal) }
        return .accept(
            [RequestCancelled(request: request, reason: reason, cancelledBy: principal)],
            .request(request, isNew: false))
    }

    package func write(into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("request", request.description)
        writer.member("reason", reason)
        writer.member("by", principal.text)
        writer.endObject()
    }

    package init(recorded data: JSONValue) throws(MalformedRecord) {
        var reader = EventReader(data, of: Self.kind)
        request = reader.request("request")
        reason = reader.optionalText("reason")
        principal = reader.principal("by")
        try reader.finish()
    }
}
