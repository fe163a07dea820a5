package import JSON

/// A call that was blocked waits in a session of its own for people to release it.
package struct HumansDeferred: SessionEvent {
    package static let type = EventType("hitl_deferred")

    /// The internal name of that session.
    let key: SessionKey
    /// Its name in the API.
    let session: SessionID
    /// The tool, as the policy knows it.
    let tool: String
    /// SHA-256 of the canonical arguments.
    let digest: Digest
    /// What that session is started with; nil once the event was read back.
    ///
    /// It is not recorded here, where watchers and webhooks would see whose credentials the call has, but in the
    /// command that starts that session and is stored in the same commit.
    let input: JSONValue?
    /// Where it comes from.
    let action: DeferredAction

    package func write(into writer: inout JSONWriter, session: SessionID) {
        writer.beginObject()
        writer.member("session", self.session.text)
        writer.member("key", key.description)
        writer.member("tool", tool)
        writer.member("arguments_digest", digest.description)
        writer.member("action", .some(action.json))
        writer.endObject()
    }

    package func apply(to state: inout SessionState, at position: EventPosition) -> String? {
        state.deferrals.append(digest)
        return nil
    }
}

extension HumansDeferred {
    package init(recorded data: JSONValue) throws(MalformedRecord) {
        var reader = EventReader(data, of: Self.type.text)
        let session = reader.parsed("session") { try? SessionID($0) }
        key = reader.key("key")
        tool = reader.text("tool")
        let digest = reader.parsed("arguments_digest") { Digest(hexadecimal: $0) }
        input = nil
        let action = DeferredAction(recorded: reader.value("action"))
        try reader.finish()
        guard let session, let digest, let action else {
            throw MalformedRecord(what: Self.type.text, violations: [])
        }
        self.session = session
        self.digest = digest
        self.action = action
    }
}
