package import JSON

/// Nobody knows whether a call was made; a human is asked.
package struct ToolDoubted: SessionEvent {
    package static let type = EventType("tool_doubted")
    package static let isOnFeed = false

    /// The event that proposed it.
    let call: Int64
    /// The question.
    let request: RequestID
    /// Why the outcome is unknown, for people.
    let reason: String

    package func write(into writer: inout JSONWriter, session: SessionID) {
        writer.beginObject()
        writer.member("call", call)
        writer.member("request", request.description)
        writer.member("reason", reason)
        writer.endObject()
    }

    package func apply(to state: inout SessionState, at position: EventPosition) -> String? {
        guard state.openRequest(request) != nil else { return "the request is not pending" }
        return state.change(call) { call in
            guard call.isAtWork else { return false }
            call.phase = .doubted(request)
            return true
        } ? nil : "the call is not open"
    }
}

extension ToolDoubted {
    package init(recorded data: JSONValue) throws(MalformedRecord) {
        var reader = EventReader(data, of: Self.type.text)
        call = reader.count("call")
        request = reader.request("request")
        reason = reader.text("reason")
        try reader.finish()
    }
}
