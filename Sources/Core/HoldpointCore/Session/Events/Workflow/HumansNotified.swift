package import JSON

/// People are told of a call that runs without their word: its level is L2.
package struct HumansNotified: SessionEvent {
    package static let type = EventType("hitl_notified")

    /// The number of the event that proposed the call, or that opened the permission which the policy answered.
    let call: Int64
    /// The tool, as the policy knows it.
    let tool: String
    /// SHA-256 of the canonical arguments, which are in that event.
    let digest: Digest
    let verdict: JudgedVerdict?

    init(call: Int64, tool: String, digest: Digest, verdict: JudgedVerdict?) {
        self.call = call
        self.tool = tool
        self.digest = digest
        self.verdict = verdict
    }

    /// A call of a workflow.
    init(call: Int64, effect: HTTPCallEffect) {
        self.init(call: call, tool: effect.tool, digest: effect.digest, verdict: effect.verdict)
    }

    package func write(into writer: inout JSONWriter, session: SessionID) {
        writer.beginObject()
        writer.member("call", call)
        writer.member("tool", tool)
        writer.member("arguments_digest", digest.description)
        writer.member("policy", verdict?.json)
        writer.endObject()
    }

    package func apply(to state: inout SessionState, at position: EventPosition) -> String? { nil }
}

extension HumansNotified {
    package init(recorded data: JSONValue) throws(MalformedRecord) {
        var reader = EventReader(data, of: Self.type.text)
        call = reader.count("call")
        tool = reader.text("tool")
        let digest = reader.parsed("arguments_digest") { Digest(hexadecimal: $0) }
        let verdict = reader.optionalValue("policy")
        try reader.finish()
        guard let digest else { throw MalformedRecord(what: Self.type.text, violations: []) }
        self.digest = digest
        self.verdict = try verdict.map { (value) throws(MalformedRecord) in try JudgedVerdict(recorded: value) }
    }
}
