package import JSON

/// The session ended by going on as another one, with a new log.
package struct SessionContinued: SessionEvent {
    package static let type = EventType("session_continued")
    package static let endsSession = true

    /// The internal name of the session that goes on.
    let key: SessionKey
    /// Its name in the API.
    let session: SessionID

    package func write(into writer: inout JSONWriter, session: SessionID) {
        writer.beginObject()
        writer.member("session", self.session.text)
        writer.member("key", key.description)
        writer.endObject()
    }

    package func apply(to state: inout SessionState, at position: EventPosition) -> String? {
        guard state.workflow != nil else { return "the session runs no workflow" }
        guard state.openRequests.isEmpty else { return "requests are pending" }
        state.end(.continued(as: session))
        return nil
    }
}

extension SessionContinued {
    package init(recorded data: JSONValue) throws(MalformedRecord) {
        var reader = EventReader(data, of: Self.type.text)
        let session = reader.parsed("session") { try? SessionID($0) }
        key = reader.key("key")
        try reader.finish()
        guard let session else { throw MalformedRecord(what: Self.type.text, violations: []) }
        self.session = session
    }
}
