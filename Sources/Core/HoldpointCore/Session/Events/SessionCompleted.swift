package import JSON

/// The session ended with an output.
package struct SessionCompleted: SessionEvent {
    package static let type = EventType("session_completed")
    package static let endsSession = true

    let output: JSONValue

    package func write(into writer: inout JSONWriter, session: SessionID) {
        writer.beginObject()
        writer.member("output", .some(output))
        writer.endObject()
    }

    package func apply(to state: inout SessionState, at position: EventPosition) -> String? {
        guard state.openRequests.isEmpty else { return "requests are pending" }
        state.end(.completed(output: output), holding: position.dataBytes)
        return nil
    }
}

extension SessionCompleted {
    package init(recorded data: JSONValue) throws(MalformedRecord) {
        var reader = EventReader(data, of: Self.type.text)
        output = reader.value("output")
        try reader.finish()
    }
}
