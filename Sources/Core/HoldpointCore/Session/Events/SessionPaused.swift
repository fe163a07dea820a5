package import JSON

/// An operator stopped the program.
package struct SessionPaused: SessionEvent {
    package static let type = EventType("session_paused")

    let reason: String?
    let orderedBy: Principal

    package func write(into writer: inout JSONWriter, session: SessionID) {
        writer.beginObject()
        writer.member("reason", reason)
        writer.member("by", orderedBy.text)
        writer.endObject()
    }

    package func apply(to state: inout SessionState, at position: EventPosition) -> String? {
        if state.isPaused == true { return "the session is paused" }
        state.isPaused = true
        return nil
    }
}

extension SessionPaused {
    package init(recorded data: JSONValue) throws(MalformedRecord) {
        var reader = EventReader(data, of: Self.type.text)
        reason = reader.optionalText("reason")
        orderedBy = reader.principal("by")
        try reader.finish()
    }
}
