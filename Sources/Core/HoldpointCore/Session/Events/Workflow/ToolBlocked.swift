package import JSON

/// A call that an agent wanted is not made: the policy keeps it from agents.
package struct ToolBlocked: SessionEvent {
    package static let type = EventType("tool_blocked")

    /// The task of the workflow that wanted it; nil for an agent of the caller's own.
    let task: String?
    /// The tool, as the policy knows it.
    let tool: String
    let arguments: JSONValue
    /// SHA-256 of the canonical arguments.
    let digest: Digest
    let verdict: JudgedVerdict?

    init(task: String?, tool: String, arguments: JSONValue, digest: Digest, verdict: JudgedVerdict?) {
        self.task = task
        self.tool = tool
        self.arguments = arguments
        self.digest = digest
        self.verdict = verdict
    }

    /// A call of a workflow.
    init(effect: HTTPCallEffect) {
        self.init(
            task: effect.task, tool: effect.tool, arguments: effect.arguments, digest: effect.digest,
            verdict: effect.verdict)
    }

    package func write(into writer: inout JSONWriter, session: SessionID) {
        writer.beginObject()
        writer.member("task", task)
        writer.member("tool", tool)
        writer.member("arguments", .some(arguments))
        writer.member("arguments_digest", digest.description)
        writer.member("policy", verdict?.json)
        writer.endObject()
    }

    package func apply(to state: inout SessionState, at position: EventPosition) -> String? { nil }
}

extension ToolBlocked {
    package init(recorded data: JSONValue) throws(MalformedRecord) {
        var reader = EventReader(data, of: Self.type.text)
        task = reader.optionalText("task")
        tool = reader.text("tool")
        arguments = reader.value("arguments")
        let digest = reader.parsed("arguments_digest") { Digest(hexadecimal: $0) }
        let verdict = reader.optionalValue("policy")
        try reader.finish()
        guard let digest else { throw MalformedRecord(what: Self.type.text, violations: []) }
        self.digest = digest
        self.verdict = try verdict.map { (value) throws(MalformedRecord) in try JudgedVerdict(recorded: value) }
    }
}
