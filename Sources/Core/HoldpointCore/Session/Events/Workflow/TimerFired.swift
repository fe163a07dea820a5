package import JSON

/// A timer fell due.
package struct TimerFired: SessionEvent {
    package static let type = EventType("timer_fired")
    package static let isOnFeed = false

    /// The event that set it.
    let timer: Int64

    package func write(into writer: inout JSONWriter, session: SessionID) {
        writer.beginObject()
        writer.member("timer", timer)
        writer.endObject()
    }

    package func apply(to state: inout SessionState, at position: EventPosition) -> String? {
        guard let due = state.workflow?.place.due(of: timer) else { return "the timer is not running" }
        guard due <= position.time else { return "it is not due" }
        return state.receive(.fired, for: timer, at: position) ? nil : "the timer is not running"
    }
}

extension TimerFired {
    package init(recorded data: JSONValue) throws(MalformedRecord) {
        var reader = EventReader(data, of: Self.type.text)
        timer = reader.count("timer")
        try reader.finish()
    }
}
