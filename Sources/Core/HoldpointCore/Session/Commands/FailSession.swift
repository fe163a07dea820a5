package import JSON

/// Ends an external agent's session with a problem document; the same again changes nothing.
package struct FailSession: SessionCommand {
    package static let kind = "fail"
    package static let closesRequests = true

    package let error: JSONValue
    package let principal: Principal

    package init(error: JSONValue, principal: Principal) {
        self.error = error
        self.principal = principal
    }

    package func decide(_ state: SessionState, in context: DecisionContext) -> Decision {
        if case .failed(let recorded) = state.ending, recorded.isEquivalent(to: error) {
            return .accept([], .session(isNew: false))
        }
        if let refusal = state.refusalOfAgentAct() { return .reject(refusal) }
        return .accept(
            state.withdrawals(reason: "the session failed") + [SessionFailed(error: error)], .session(isNew: false))
    }

    package func write(into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("error", .some(error))
        writer.member("by", principal.text)
        writer.endObject()
    }

    package init(recorded data: JSONValue) throws(MalformedRecord) {
        var reader = EventReader(data, of: Self.kind)
        error = reader.value("error")
        principal = reader.principal("by")
        try reader.finish()
    }
}
