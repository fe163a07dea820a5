package import JSON

/// A call was not made, or may be made again: it waits for its next attempt.
package struct ToolPostponed: SessionEvent {
    package static let type = EventType("tool_postponed")
    package static let isOnFeed = false

    /// The event that proposed it.
    let call: Int64
    /// Why, for people.
    let reason: String
    /// When it may be made.
    let notBefore: Timestamp
    /// How often it has been tried without an answer.
    let attempts: Int64

    package func write(into writer: inout JSONWriter, session: SessionID) {
        writer.beginObject()
        writer.member("call", call)
        writer.member("reason", reason)
        writer.member("not_before", .some(notBefore))
        writer.member("attempts", attempts)
        writer.endObject()
    }

    package func apply(to state: inout SessionState, at position: EventPosition) -> String? {
        state.change(call) { call in
            if call.question != nil { return false }
            call.phase = .ready(notBefore: notBefore)
            call.attempts = attempts
            return true
        } ? nil : "the call is not open"
    }
}

extension ToolPostponed {
    package init(recorded data: JSONValue) throws(MalformedRecord) {
        var reader = EventReader(data, of: Self.type.text)
        call = reader.count("call")
        reason = reader.text("reason")
        notBefore = reader.time("not_before")
        attempts = reader.count("attempts")
        try reader.finish()
    }
}
