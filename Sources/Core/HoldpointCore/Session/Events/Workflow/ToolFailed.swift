package import JSON

/// A call came to nothing, or was given up.
package struct ToolFailed: SessionEvent {
    package static let type = EventType("tool_failed")
    package static let isOnFeed = false

    /// The event that proposed it.
    let call: Int64
    /// A problem document (RFC 9457).
    let error: JSONValue
    /// Whether the workflow does not wait for it any more.
    let isAbandoned: Bool

    package func write(into writer: inout JSONWriter, session: SessionID) {
        writer.beginObject()
        writer.member("call", call)
        writer.member("error", .some(error))
        writer.member("abandoned", isAbandoned)
        writer.endObject()
    }

    package func isOnFeed(of state: SessionState) -> Bool { state.hasApproval(call) }

    package func apply(to state: inout SessionState, at position: EventPosition) -> String? {
        state.end(call, with: isAbandoned ? nil : .failed(error), at: position)
            ? nil : "the call is not open"
    }
}

extension ToolFailed {
    package init(recorded data: JSONValue) throws(MalformedRecord) {
        var reader = EventReader(data, of: Self.type.text)
        call = reader.count("call")
        error = reader.value("error")
        isAbandoned = reader.flag("abandoned")
        try reader.finish()
    }
}
