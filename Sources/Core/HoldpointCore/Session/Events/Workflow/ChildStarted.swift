package import JSON

/// A workflow starts another one and waits for it.
///
/// The child's number within its parent is this event's.
package struct ChildStarted: SessionEvent {
    package static let type = EventType("child_started")
    package static let isOnFeed = false

    /// The other workflow and its input.
    let child: ChildEffect
    /// The internal name of the new session.
    let key: SessionKey
    /// Its name in the API.
    let session: SessionID

    package func write(into writer: inout JSONWriter, session: SessionID) {
        writer.beginObject()
        writer.member("session", self.session.text)
        writer.member("key", key.description)
        child.writeMembers(into: &writer)
        writer.endObject()
    }

    package func apply(to state: inout SessionState, at position: EventPosition) -> String? {
        guard var workflow = state.workflow else { return "the session runs no workflow" }
        workflow.children.append(OpenChild(id: position.sequence, key: key, session: session))
        state.workflow = workflow
        return nil
    }
}

extension ChildStarted {
    package init(recorded data: JSONValue) throws(MalformedRecord) {
        var reader = EventReader(data, of: Self.type.text)
        let session = reader.parsed("session") { try? SessionID($0) }
        key = reader.key("key")
        child = ChildEffect(&reader)
        try reader.finish()
        guard let session else { throw MalformedRecord(what: Self.type.text, violations: []) }
        self.session = session
    }
}

extension ChildEffect {
    /// Writes the other workflow and its input.
    func writeMembers(into writer: inout JSONWriter) {
        writer.member("task", task)
        writer.member("namespace", namespace)
        writer.member("name", name)
        writer.member("version", version)
        writer.member("input", .some(input))
    }

    /// Reads what `writeMembers` wrote.
    init(_ reader: inout EventReader) {
        self.init(
            task: reader.text("task"), namespace: reader.text("namespace"), name: reader.text("name"),
            version: reader.text("version"), input: reader.value("input"))
    }
}
