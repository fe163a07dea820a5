package import JSON

/// A workflow wants a call to be made: exactly this one (I7).
///
/// The call's id is this event's number.
package struct ToolProposed: SessionEvent {
    package static let type = EventType("tool_proposed")
    package static let isOnFeed = false

    let effect: HTTPCallEffect

    package func write(into writer: inout JSONWriter, session: SessionID) {
        writer.beginObject()
        effect.writeMembers(into: &writer)
        writer.endObject()
    }

    package func apply(to state: inout SessionState, at position: EventPosition) -> String? {
        guard var workflow = state.workflow else { return "the session runs no workflow" }
        workflow.calls.append(
            OpenCall(
                id: position.sequence, effect: effect, phase: .ready(notBefore: nil), attempts: 0,
                heldBytes: position.dataBytes))
        state.workflow = workflow
        state.heldBytes += position.dataBytes
        return nil
    }
}

extension ToolProposed {
    package init(recorded data: JSONValue) throws(MalformedRecord) {
        effect = try HTTPCallEffect(recorded: data)
    }
}
