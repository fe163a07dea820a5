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
    /// The session whose workflow starts this one, if one does.
    package let parent: SessionParent?
    /// The session that this one goes on for, if it does.
    package let continues: SessionLineage?
    /// The call that people may release in it, if that is what it is for.
    package let deferred: DeferredAction?
    /// Where the workflow of that session stood.
    package let place: JSONValue?

    package init(
        id: SessionID, agent: AgentName, agentVersion: Int64, program: Program, input: JSONValue,
        labels: [String: String], onBehalfOf: String?, principal: Principal,
        parent: SessionParent? = nil,
        continues: SessionLineage? = nil, deferred: DeferredAction? = nil, place: JSONValue? = nil
    ) {
        self.id = id
        self.agent = agent
        self.agentVersion = agentVersion
        self.program = program
        self.input = input
        self.labels = labels
        self.onBehalfOf = onBehalfOf
        self.principal = principal
        self.parent = parent
        self.continues = continues
        self.deferred = deferred
        self.place = place
    }

    package func decide(_ state: SessionState, in context: DecisionContext) -> Decision {
        if state.isStarted {
            guard state.agent == agent, state.input.isEquivalent(to: input) else {
                return .reject(
                    Rejection(
                        .sessionExists, "the id belongs to a session of another agent or with another input"))
            }
            return .accept([], .session(isNew: false))
        }
        let beginning = SessionBeginning(
            agent: agent, agentVersion: agentVersion, program: program,
            interpreterVersion: program.interpreterVersion, input: input, labels: labels,
            onBehalfOf: onBehalfOf,
            parent: parent, continues: continues, deferred: deferred)
        var events: [any SessionEvent] = [
            SessionStarted(id: id, beginning: beginning, startedBy: principal)
        ]
        if let place {
            guard let found = try? WorkflowPlace(recorded: place) else {
                return .reject(Rejection(.invalidInput, "the place to go on from cannot be read"))
            }
            events.append(WorkflowAdvanced(tasks: [], place: found))
        }
        return .accept(events, .session(isNew: true))
    }

    /// A start that is refused is the end of the child that its parent waits for.
    package func outgoing(from state: SessionState, after rejection: Rejection?) -> [OutgoingCommand] {
        guard let parent, let rejection else { return [] }
        let error = WorkflowError(.runtime, "the other workflow cannot start: \(rejection.detail)", at: "")
        return [
            OutgoingCommand(
                session: SessionIdentity(scope: state.identity.scope, key: parent.key, id: parent.session),
                command: EndChild(child: parent.effect, ending: .failed(error.json)))
        ]
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
        if let parent { writer.member("parent", .some(parent.json)) }
        if let continues { writer.member("continues", .some(continues.json)) }
        if let deferred { writer.member("deferred", .some(deferred.json)) }
        if let place { writer.member("place", .some(place)) }
        writer.endObject()
    }

    package init(recorded data: JSONValue) throws(MalformedRecord) {
        var reader = EventReader(data, of: Self.kind)
        let id = reader.parsed("id") { try? SessionID($0) }
        let agent = reader.parsed("agent") { try? AgentName($0) }
        agentVersion = reader.count("version")
        let program = reader.parsed("kind") { Program(rawValue: $0) }
        input = reader.value("input")
        labels = reader.labels("labels")
        onBehalfOf = reader.optionalText("on_behalf_of")
        principal = reader.principal("by")
        let parent = reader.optionalValue("parent")
        let continues = reader.optionalValue("continues")
        let deferred = reader.optionalValue("deferred")
        place = reader.optionalValue("place")
        try reader.finish()
        self.parent = parent.flatMap { SessionParent(recorded: $0) }
        self.continues = continues.flatMap { SessionLineage(recorded: $0) }
        self.deferred = deferred.flatMap { DeferredAction(recorded: $0) }
        guard let id, let agent, let program, (parent == nil) == (self.parent == nil),
            (continues == nil) == (self.continues == nil), (deferred == nil) == (self.deferred == nil)
        else { throw MalformedRecord(what: Self.kind, violations: []) }
        self.id = id
        self.agent = agent
        self.program = program
    }
}
