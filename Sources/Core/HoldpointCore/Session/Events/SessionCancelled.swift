package import JSON

/// The session was ended from outside.
package struct SessionCancelled: SessionEvent {
    package static let type = EventType("session_cancelled")
    package static let endsSession = true

    let reason: String?
    let cancelledBy: Principal

    package func write(into writer: inout JSONWriter, session: SessionID) {
        writer.beginObject()
        writer.member("reason", reason)
        writer.member("by", cancelledBy.text)
        writer.endObject()
    }

    package func apply(to state: inout SessionState, at position: EventPosition) -> String? {
        guard state.openRequests.isEmpty else { return "requests are pending" }
        state.end(.cancelled)
        return nil
    }
}

extension SessionCancelled {
    package init(recorded data: JSONValue) throws(MalformedRecord) {
        var reader = EventReader(data, of: Self.type.text)
        reason = reader.optionalText("reason")
        cancelledBy = reader.principal("by")
        try reader.finish()
    }
}
