package import JSON

/// Ends a session from outside; its pending requests are withdrawn with it.
package struct CancelSession: SessionCommand {
    package static let kind = "cancel"
    package static let closesRequests = true

    package let reason: String?
    package let principal: Principal

    package init(reason: String?, principal: Principal) {
        self.reason = reason
        self.principal = principal
    }

    package func decide(_ state: SessionState, in context: DecisionContext) -> Decision {
        if state.ending == .cancelled { return .accept([], .session(isNew: false)) }
        if let refusal = state.refusalUnlessLive() { return .reject(refusal) }
        let ending = SessionCancelled(reason: reason, cancelledBy: principal)
        return .accept(state.withdrawals(reason: "the session was cancelled") + [ending], .session(isNew: false))
    }

    package func write(into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("reason", reason)
        writer.member("by", principal.text)
        writer.endObject()
    }

    package init(recorded data: JSONValue) throws(MalformedRecord) {
        var reader = EventReader(data, of: Self.kind)
        reason = reader.optionalText("reason")
        principal = reader.principal("by")
        try reader.finish()
    }
}
