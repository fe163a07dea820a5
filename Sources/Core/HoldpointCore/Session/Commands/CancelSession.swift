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
        if state.ending == .cancelled || successor(of: state) != nil { return .accept([], .session(isNew: false)) }
        if let refusal = state.refusalUnlessLive() { return .reject(refusal) }
        let ending = SessionCancelled(reason: reason, cancelledBy: principal)
        return .accept(state.withdrawals(reason: "the session was cancelled") + [ending], .session(isNew: false))
    }

    /// A session that went on as another one passes its parent's word on to it.
    package func outgoing(from state: SessionState, after rejection: Rejection?) -> [OutgoingCommand] {
        successor(of: state).map { [OutgoingCommand(session: $0, command: self)] } ?? []
    }

    /// Where the session went on, if it did and it is not a person who asks: who cancels by name means that session.
    private func successor(of state: SessionState) -> SessionIdentity? {
        guard principal == .engine, case .continued(let session) = state.ending,
            let key = Identifier128(hexadecimal: session.text)
        else { return nil }
        return SessionIdentity(scope: state.identity.scope, key: SessionKey(key), id: session)
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
