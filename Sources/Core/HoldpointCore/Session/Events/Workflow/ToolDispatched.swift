package import JSON

/// A call that must not be made twice is about to leave; recorded before it does.
package struct ToolDispatched: SessionEvent {
    package static let type = EventType("tool_dispatched")
    package static let isOnFeed = false

    /// The event that proposed it.
    let call: Int64
    /// When no more of it is under way, whatever becomes of this node.
    let until: Timestamp

    package func write(into writer: inout JSONWriter, session: SessionID) {
        writer.beginObject()
        writer.member("call", call)
        writer.member("until", .some(until))
        writer.endObject()
    }

    package func apply(to state: inout SessionState, at position: EventPosition) -> String? {
        state.change(call) { call in
            guard case .ready = call.phase else { return false }
            call.phase = .dispatched(until: until)
            call.attempts += 1
            return true
        } ? nil : "the call is not ready"
    }
}

extension ToolDispatched {
    package init(recorded data: JSONValue) throws(MalformedRecord) {
        var reader = EventReader(data, of: Self.type.text)
        call = reader.count("call")
        until = reader.time("until")
        try reader.finish()
    }
}
