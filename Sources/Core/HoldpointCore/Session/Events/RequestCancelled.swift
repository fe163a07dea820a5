package import JSON

/// A request was withdrawn.
package struct RequestCancelled: SessionEvent {
    package static let type = EventType("hitl_cancelled")

    let request: RequestID
    let reason: String?
    let cancelledBy: Principal

    package func write(into writer: inout JSONWriter, session: SessionID) {
        writer.beginObject()
        writer.member("request", request.description)
        writer.member("reason", reason)
        writer.member("by", cancelledBy.text)
        writer.endObject()
    }

    package func apply(to state: inout SessionState, at position: EventPosition) -> String? {
        guard let open = state.openRequest(request),
            state.close(request, as: .cancelled, by: cancelledBy, at: position)
        else { return "the request is not pending" }
        state.tellWorkflow(of: open, .withdrawn, at: position)
        return nil
    }
}

extension RequestCancelled {
    package init(recorded data: JSONValue) throws(MalformedRecord) {
        var reader = EventReader(data, of: Self.type.text)
        request = reader.request("request")
        reason = reader.optionalText("reason")
        cancelledBy = reader.principal("by")
        try reader.finish()
    }
}
