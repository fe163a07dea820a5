package import JSON

/// Starts a session of an agent, or finds that it has started so already.
package struct StartSession: SessionCommand {
    package static let kind = "start"

    /// The session's name in its project.
    package let id: SessionID
    package let agent: AgentName
    package let agentVersion: Int64
    package let program: Program
    package let input: JSONValue
    package let labels: [String: String]
    package let onBehalfOf: String?
    package let principal: Principal

    package init(
        id: SessionID, agent: AgentName, agentVersion: Int64, program: Program, input: JSONValue,
        labels: [String: String], onBehalfOf: String?, principal: Principal
    ) {
        self.id = id
        self.agent = agent
        self.agentVersion = agentVersion
        self.program = program
        self.input = input
        self.labels = labels
        self.onBehalfOf = onBehalfOf
        self.principal = principal
    }

    package func decide(_ state: SessionState, in context: DecisionContext) -> Decision {
        if state.isStarted {
            guard state.agent == agent, state.input.isEquivalent(to: input) else {
                return .reject(
                    Rejection(.sessionExists, "the id belongs to a session of another agent or with another input"))
            }
            return .accept([], .session(isNew: false))
        }
        let beginning = SessionBeginning(
            agent: agent, agentVersion: agentVersion, program: program,
            interpreterVersion: program.interpreterVersion, input: input, labels: labels, onBehalfOf: onBehalfOf)
        return .accept(
            [SessionStarted(id: id, beginning: beginning, startedBy: principal)], .session(isNew: true))
    }

    package func write(into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("id", id.text)
        writer.member("agent", agent.text)
        writer.member("version", agentVersion)
        writer.member("kind", program.rawValue)
        writer.member("input", .some(input))
        writer.member("labels", labels)
        writer.member("on_behalf_of", onBehalfOf)
        writer.member("by", principal.text)
        writer.endObject()
    }

    package init(recorded data: JSONValue) throws(MalformedRecord) {
        var reader = EventReader(data, of: Self.kind)
        let id = reader.parsed("id") { try? SessionID($0) }
        let agent = reader.parsed("agent") { try? AgentName($0) }
        agentVersion = reader.number("version")
        let program = reader.parsed("kind") { Program(rawValue: $0) }
        input = reader.value("input")
        labels = reader.labels("labels")
        onBehalfOf = reader.optionalText("on_behalf_of")
        principal = reader.principal("by")
        try reader.finish()
        guard let id, let agent, let program else { throw MalformedRecord(what: Self.kind, violations: []) }
        self.id = id
        self.agent = agent
        self.program = program
    }
}
