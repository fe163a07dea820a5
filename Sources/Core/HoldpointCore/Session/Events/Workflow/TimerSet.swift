package import JSON

/// A timer runs: a `wait`, a time limit, or the delay before a retry.
///
/// Its id is this event's number.
package struct TimerSet: SessionEvent {
    package static let type = EventType("timer_set")
    package static let isOnFeed = false

    /// When it falls due.
    let due: Timestamp
    /// Why it runs.
    let cause: WorkflowEffect.TimerCause
    /// The task that waits for it.
    let task: String

    package func write(into writer: inout JSONWriter, session: SessionID) {
        writer.beginObject()
        writer.member("due", .some(due))
        writer.member("cause", cause.rawValue)
        writer.member("task", task)
        writer.endObject()
    }

    package func apply(to state: inout SessionState, at position: EventPosition) -> String? {
        // The place that goes with it holds the timer.
        state.workflow == nil ? "the session runs no workflow" : nil
    }
}

extension TimerSet {
    package init(recorded data: JSONValue) throws(MalformedRecord) {
        var reader = EventReader(data, of: Self.type.text)
        due = reader.time("due")
        let cause = reader.parsed("cause") { WorkflowEffect.TimerCause(rawValue: $0) }
        task = reader.text("task")
        try reader.finish()
        guard let cause else { throw MalformedRecord(what: Self.type.text, violations: []) }
        self.cause = cause
    }
}
