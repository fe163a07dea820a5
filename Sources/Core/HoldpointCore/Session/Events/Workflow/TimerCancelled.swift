package import JSON

/// A timer is not needed any more.
package struct TimerCancelled: SessionEvent {
    package static let type = EventType("timer_cancelled")
    package static let isOnFeed = false

    /// The event that set it.
    let timer: Int64

    package func write(into writer: inout JSONWriter, session: SessionID) {
        writer.beginObject()
        writer.member("timer", timer)
        writer.endObject()
    }

    package func apply(to state: inout SessionState, at position: EventPosition) -> String? {
        // The place that goes with it is without the timer.
        state.workflow == nil ? "the session runs no workflow" : nil
    }
}

extension TimerCancelled {
    package init(recorded data: JSONValue) throws(MalformedRecord) {
        var reader = EventReader(data, of: Self.type.text)
        timer = reader.count("timer")
        try reader.finish()
    }
}
