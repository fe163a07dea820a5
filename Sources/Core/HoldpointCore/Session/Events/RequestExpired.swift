package import JSON

/// A request's deadline passed without an answer.
package struct RequestExpired: SessionEvent {
    package static let type = EventType("hitl_expired")

    let request: RequestID
    /// What silence stands for: a rejection for a `permission`, the declared default, or nothing (I8).
    let response: JSONValue?

    package func write(into writer: inout JSONWriter, session: SessionID) {
        writer.beginObject()
        writer.member("request", request.description)
        writer.member("answered", false)
        writer.member("response", response)
        writer.endObject()
    }

    package func apply(to state: inout SessionState, at position: EventPosition) -> String? {
        guard let open = state.openRequest(request) else { return "the request is not pending" }
        guard let deadline = open.request.expiresAt, deadline <= position.time else {
            return "its deadline is not over"
        }
        guard state.close(request, as: .expired, by: nil, at: position) else {
            return "the request is not pending"
        }
        state.tellWorkflow(of: open, .expired(standsFor: response), at: position)
        return nil
    }
}

extension RequestExpired {
    package init(recorded data: JSONValue) throws(MalformedRecord) {
        var reader = EventReader(data, of: Self.type.text)
        request = reader.request("request")
        let isAnswered = reader.flag("answered")
        response = reader.optionalValue("response")
        try reader.finish()
        if isAnswered { throw MalformedRecord(what: Self.type.text, violations: []) }
    }
}
