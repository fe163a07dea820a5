package import JSON

/// A workflow starts another one, which is still to be looked up by the names of its document.
///
/// The engine looks it up and gives `StartSession` in its place; so a session never decides it, unless it has started
/// already.
package struct StartChild: SessionCommand {
    package static let kind = "start_child"

    /// The new session's name.
    package let id: SessionID
    /// The other workflow and its input.
    package let child: ChildEffect
    /// Whose child it is.
    package let parent: SessionParent
    /// Labels that it has from its parent.
    package let labels: [String: String]
    /// The user for whom the agent acts, if there is one.
    package let onBehalfOf: String?
    package let principal = Principal.engine

    package init(
        id: SessionID, child: ChildEffect, parent: SessionParent, labels: [String: String],
        onBehalfOf: String?
    ) {
        self.id = id
        self.child = child
        self.parent = parent
        self.labels = labels
        self.onBehalfOf = onBehalfOf
    }

    package func decide(_ state: SessionState, in context: DecisionContext) -> Decision {
        if state.isStarted { return .accept([], .session(isNew: false)) }
        return .reject(Rejection(.agentUnknown, "the workflow was not looked up"))
    }

    /// The start of the session, as the agent that was found.
    package func start(agent: AgentName, version: Int64, program: Program) -> StartSession {
        StartSession(
            id: id, agent: agent, agentVersion: version, program: program, input: child.input,
            labels: labels,
            onBehalfOf: onBehalfOf, principal: principal, parent: parent)
    }

    package func write(into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("id", id.text)
        child.writeMembers(into: &writer)
        writer.member("parent", .some(parent.json))
        writer.member("labels", labels)
        writer.member("on_behalf_of", onBehalfOf)
        writer.endObject()
    }

    package init(recorded data: JSONValue) throws(MalformedRecord) {
        var reader = EventReader(data, of: Self.kind)
        let id = reader.parsed("id") { try? SessionID($0) }
        child = ChildEffect(&reader)
        let parent = SessionParent(recorded: reader.value("parent"))
        labels = reader.labels("labels")
        onBehalfOf = reader.optionalText("on_behalf_of")
        try reader.finish()
        guard let id, let parent else { throw MalformedRecord(what: Self.kind, violations: []) }
        self.id = id
        self.parent = parent
    }
}
