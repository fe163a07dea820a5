package import JSON

/// The first event: what runs, in which version, with what input.
package struct SessionStarted: SessionEvent {
    package static let type = EventType("session_started")

    let id: SessionID
    let beginning: SessionBeginning
    let startedBy: Principal

    package func write(into writer: inout JSONWriter, session: SessionID) {
        writer.beginObject()
        writer.member("id", id.text)
        beginning.writeMembers(into: &writer)
        writer.member("by", startedBy.text)
        writer.endObject()
    }

    package func apply(to state: inout SessionState, at position: EventPosition) -> String? {
        guard id == state.identity.id else { return "it names another session" }
        state.createdAt = position.time
        state.beginning = beginning
        if beginning.program == .workflow { state.workflow = WorkflowState() }
        state.heldBytes += position.dataBytes
        return nil
    }
}

extension SessionStarted {
    package init(recorded data: JSONValue) throws(MalformedRecord) {
        var reader = EventReader(data, of: Self.type.text)
        let id = reader.parsed("id") { try? SessionID($0) }
        let beginning = SessionBeginning(&reader)
        let startedBy = reader.principal("by")
        try reader.finish()
        guard let id, let beginning else { throw MalformedRecord(what: Self.type.text, violations: []) }
        self.init(id: id, beginning: beginning, startedBy: startedBy)
    }
}
