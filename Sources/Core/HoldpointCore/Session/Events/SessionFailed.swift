package import JSON

/// The session ended with a problem document (RFC 9457).
package struct SessionFailed: SessionEvent {
    package static let type = EventType("session_failed")
    package static let endsSession = true

    let error: JSONValue

    package func write(into writer: inout JSONWriter, session: SessionID) {
        writer.beginObject()
        writer.member("error", .some(error))
        writer.endObject()
    }

    package func apply(to state: inout SessionState, at position: EventPosition) -> String? {
        guard state.openRequests.isEmpty else { return "requests are pending" }
        state.end(.failed(error: error), holding: position.dataBytes)
        return nil
    }
}

extension SessionFailed {
    package init(recorded data: JSONValue) throws(MalformedRecord) {
        var reader = EventReader(data, of: Self.type.text)
        error = reader.value("error")
        try reader.finish()
    }
}
