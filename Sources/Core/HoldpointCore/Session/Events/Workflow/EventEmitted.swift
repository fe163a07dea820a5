package import JSON

/// A workflow sent a CloudEvent out: whoever watches the project sees it.
package struct EventEmitted: SessionEvent {
    package static let type = EventType("event_emitted")

    /// The event, in the JSON form of CloudEvents 1.0.
    let event: JSONValue

    package func write(into writer: inout JSONWriter, session: SessionID) {
        writer.beginObject()
        writer.member("event", .some(event))
        writer.endObject()
    }

    package func apply(to state: inout SessionState, at position: EventPosition) -> String? {
        state.workflow == nil ? "the session runs no workflow" : nil
    }
}

extension EventEmitted {
    package init(recorded data: JSONValue) throws(MalformedRecord) {
        var reader = EventReader(data, of: Self.type.text)
        event = reader.value("event")
        try reader.finish()
    }
}
