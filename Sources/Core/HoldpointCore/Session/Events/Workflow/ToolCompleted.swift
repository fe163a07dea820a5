package import JSON

/// A call was answered.
package struct ToolCompleted: SessionEvent {
    package static let type = EventType("tool_completed")
    package static let isOnFeed = false

    /// The event that proposed it.
    let call: Int64
    /// `{statusCode, headers, content}`; secret values are masked (I9).
    let response: JSONValue

    package func write(into writer: inout JSONWriter, session: SessionID) {
        writer.beginObject()
        writer.member("call", call)
        writer.member("response", .some(response))
        writer.endObject()
    }

    package func isOnFeed(of state: SessionState) -> Bool { state.hasApproval(call) }

    package func apply(to state: inout SessionState, at position: EventPosition) -> String? {
        state.end(call, with: .value(response), at: position) ? nil : "the call is not open"
    }
}

extension ToolCompleted {
    package init(recorded data: JSONValue) throws(MalformedRecord) {
        var reader = EventReader(data, of: Self.type.text)
        call = reader.count("call")
        response = reader.value("response")
        try reader.finish()
    }
}
