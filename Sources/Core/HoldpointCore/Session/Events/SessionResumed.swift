package import JSON

/// An operator let the program go on.
package struct SessionResumed: SessionEvent {
    package static let type = EventType("session_resumed")

    let reason: String?
    let orderedBy: Principal

    package func write(into writer: inout JSONWriter, session: SessionID) {
        writer.beginObject()
        writer.member("reason", reason)
        writer.member("by", orderedBy.text)
        writer.endObject()
    }

    package func apply(to state: inout SessionState, at position: EventPosition) -> String? {
        if state.isPaused == false { return "the session is not paused" }
        state.isPaused = false
        return nil
    }
}

extension SessionResumed {
    package init(recorded data: JSONValue) throws(MalformedRecord) {
        var reader = EventReader(data, of: Self.type.text)
        reason = reader.optionalText("reason")
        orderedBy = reader.principal("by")
        try reader.finish()
    }
}
