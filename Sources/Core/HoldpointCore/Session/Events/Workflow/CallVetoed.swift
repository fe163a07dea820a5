package import JSON

/// A call that was released is stopped before it was made.
package struct CallVetoed: SessionEvent {
    package static let type = EventType("hitl_vetoed")

    /// The request by which it could be stopped.
    let request: RequestID
    /// The tool, as the policy knows it.
    let tool: String
    /// SHA-256 of the canonical arguments.
    let digest: Digest

    package func write(into writer: inout JSONWriter, session: SessionID) {
        writer.beginObject()
        writer.member("request", request.description)
        writer.member("tool", tool)
        writer.member("arguments_digest", digest.description)
        writer.endObject()
    }

    package func apply(to state: inout SessionState, at position: EventPosition) -> String? { nil }
}

extension CallVetoed {
    package init(recorded data: JSONValue) throws(MalformedRecord) {
        var reader = EventReader(data, of: Self.type.text)
        request = reader.request("request")
        tool = reader.text("tool")
        let digest = reader.parsed("arguments_digest") { Digest(hexadecimal: $0) }
        try reader.finish()
        guard let digest else { throw MalformedRecord(what: Self.type.text, violations: []) }
        self.digest = digest
    }
}
