package import JSON

/// The first event: what runs, in which version, with what input.
package struct SessionStarted: SessionEvent {
    package static let type = EventType("session_started")

    let id: SessionID
    let agent: AgentName
    let agentVersion: Int64
    let program: Program
    let interpreterVersion: Int64
    let input: JSONValue
    let labels: [String: String]
    let onBehalfOf: String?
    let startedBy: Principal

    package func write(into writer: inout JSONWriter, session: SessionID) {
        writer.beginObject()
        writer.member("id", id.text)
        writer.member("agent", agent.text)
        writer.member("version", agentVersion)
        writer.member("kind", program.rawValue)
        writer.member("interpreter", interpreterVersion)
        writer.key("input")
        writer.value(input)
        writer.member("labels", labels)
        writer.member("on_behalf_of", onBehalfOf)
        writer.member("by", startedBy.text)
        writer.endObject()
    }

    package func apply(to state: inout SessionState, at position: EventPosition) -> String? {
        guard id == state.identity.id else { return "it names another session" }
        state.createdAt = position.time
        state.agent = agent
        state.agentVersion = agentVersion
        state.program = program
        state.interpreterVersion = interpreterVersion
        state.input = input
        state.labels = labels
        state.onBehalfOf = onBehalfOf
        state.heldBytes += position.dataBytes
        return nil
    }
}

extension SessionStarted {
    package init(recorded data: JSONValue) throws(MalformedRecord) {
        var reader = EventReader(data, of: Self.type.text)
        let id = reader.parsed("id") { try? SessionID($0) }
        let agent = reader.parsed("agent") { try? AgentName($0) }
        let agentVersion = reader.number("version")
        let program = reader.parsed("kind") { Program(rawValue: $0) }
        let interpreterVersion = reader.number("interpreter")
        let input = reader.value("input")
        let labels = reader.labels("labels")
        let onBehalfOf = reader.optionalText("on_behalf_of")
        let startedBy = reader.principal("by")
        try reader.finish()
        guard let id, let agent, let program else { throw MalformedRecord(what: Self.type.text, violations: []) }
        self.init(
            id: id, agent: agent, agentVersion: agentVersion, program: program,
            interpreterVersion: interpreterVersion, input: input, labels: labels, onBehalfOf: onBehalfOf,
            startedBy: startedBy)
    }
}
