package import JSON

/// Somebody who may answer a request lets somebody else answer it as well.
package struct RequestDelegated: SessionEvent {
    package static let type = EventType("hitl_delegated")

    let request: RequestID
    /// Who delegated.
    let user: UserID
    /// The key that spoke for them.
    let via: Principal
    /// Who may answer now.
    let delegate: UserID
    /// What they must satisfy.
    let approvers: Approvers

    package func write(into writer: inout JSONWriter, session: SessionID) {
        writer.beginObject()
        writer.member("request", request.description)
        writer.member("user", user.text)
        writer.member("via", via.text)
        writer.member("to", delegate.text)
        writer.key(plain: "approvers")
        approvers.write(into: &writer)
        writer.endObject()
    }

    package func apply(to state: inout SessionState, at position: EventPosition) -> String? {
        state.progress(of: request) { _, progress in
            progress.delegates.append(RequestDelegate(user: delegate, approvers: approvers))
            progress.acts += 1
            return nil
        }
    }
}

extension RequestDelegated {
    package init(recorded data: JSONValue) throws(MalformedRecord) {
        var reader = EventReader(data, of: Self.type.text)
        request = reader.request("request")
        let user = reader.user("user")
        via = reader.principal("via")
        let delegate = reader.user("to")
        let recorded = reader.value("approvers")
        try reader.finish()
        guard let user, let delegate else { throw MalformedRecord(what: Self.type.text, violations: []) }
        self.user = user
        self.delegate = delegate
        approvers = try Approvers(recorded: recorded)
    }
}
