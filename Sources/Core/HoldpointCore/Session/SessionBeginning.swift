package import JSON

/// What a session was started with; it never changes, so all copies of a state share it.
package final class SessionBeginning: Sendable {
    /// The agent, as pinned at the start.
    package let agent: AgentName
    /// The agent's version, as pinned at the start.
    package let agentVersion: Int64
    /// What drives the session.
    package let program: Program
    /// The interpreter's version, as pinned at the start.
    package let interpreterVersion: Int64
    /// What the session was started with.
    package let input: JSONValue
    /// Texts to find it by.
    package let labels: [String: String]
    /// The user for whom the agent acts, if the caller said.
    package let onBehalfOf: String?
    /// The session whose workflow started this one, if one did.
    package let parent: SessionParent?
    /// The session that this one goes on for, if it does.
    package let continues: SessionLineage?
    /// The call that people may release in it, if that is what it is for.
    package let deferred: DeferredAction?
    /// The input as text: written with the event, with snapshots and in views, and made only once.
    package let inputText: [UInt8]

    init(
        agent: AgentName, agentVersion: Int64, program: Program, interpreterVersion: Int64,
        input: JSONValue,
        labels: [String: String], onBehalfOf: String?, parent: SessionParent? = nil,
        continues: SessionLineage? = nil, deferred: DeferredAction? = nil
    ) {
        self.agent = agent
        self.agentVersion = agentVersion
        self.program = program
        self.interpreterVersion = interpreterVersion
        self.input = input
        self.labels = labels
        self.onBehalfOf = onBehalfOf
        self.parent = parent
        self.continues = continues
        self.deferred = deferred
        inputText = input.serialized()
    }

    /// Writes the members that the first event and a snapshot have in common.
    func writeMembers(into writer: inout JSONWriter) {
        writer.member("agent", agent.text)
        writer.member("version", agentVersion)
        writer.member("kind", program.rawValue)
        writer.member("interpreter", interpreterVersion)
        writer.key("input")
        writer.raw(inputText)
        writer.member("labels", labels)
        writer.member("on_behalf_of", onBehalfOf)
        if let parent { writer.member("parent", .some(parent.json)) }
        if let continues { writer.member("continues", .some(continues.json)) }
        if let deferred { writer.member("deferred", .some(deferred.json)) }
    }

    /// Bytes of these members as they are written.
    var bytes: Int {
        var writer = JSONWriter(reserving: inputText.count + 1_024)
        writer.beginObject()
        writeMembers(into: &writer)
        writer.endObject()
        return writer.bytes.count
    }

    /// Reads these members back; nil, with the reader knowing what is wrong, if one is not as it was written.
    init?(_ reader: inout EventReader) {
        let agent = reader.parsed("agent") { try? AgentName($0) }
        agentVersion = reader.count("version")
        let program = reader.parsed("kind") { Program(rawValue: $0) }
        interpreterVersion = reader.count("interpreter")
        input = reader.value("input")
        labels = reader.labels("labels")
        onBehalfOf = reader.optionalText("on_behalf_of")
        let parent = reader.optionalValue("parent")
        let continues = reader.optionalValue("continues")
        let deferred = reader.optionalValue("deferred")
        self.deferred = deferred.flatMap { DeferredAction(recorded: $0) }
        self.parent = parent.flatMap { SessionParent(recorded: $0) }
        self.continues = continues.flatMap { SessionLineage(recorded: $0) }
        inputText = input.serialized()
        guard let agent, let program, (parent == nil) == (self.parent == nil),
            (continues == nil) == (self.continues == nil), (deferred == nil) == (self.deferred == nil)
        else { return nil }
        self.agent = agent
        self.program = program
    }
}

extension SessionBeginning: Equatable {
    package static func == (left: SessionBeginning, right: SessionBeginning) -> Bool {
        left === right
            || (left.agent == right.agent && left.agentVersion == right.agentVersion
                && left.program == right.program
                && left.interpreterVersion == right.interpreterVersion && left.input == right.input
                && left.labels == right.labels && left.onBehalfOf == right.onBehalfOf
                && left.parent == right.parent
                && left.continues == right.continues && left.deferred == right.deferred)
    }
}
