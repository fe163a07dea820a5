package import JSON

/// Whoever had claimed a request lets others answer it again.
package struct RequestReleased: SessionEvent {
    package static let type = EventType("hitl_released")

    let request: RequestID
    let user: UserID
    /// The key that spoke for them.
    let via: Principal

    package func write(into writer: inout JSONWriter, session: SessionID) {
        writer.beginObject()
        writer.member("request", request.description)
        writer.member("user", user.text)
        writer.member("via", via.text)
        writer.endObject()
    }

    package func apply(to state: inout SessionState, at position: EventPosition) -> String? {
        state.progress(of: request) { _, progress in
            guard progress.claim?.user == user else { return "they had not claimed it" }
            progress.claim = nil
            progress.acts += 1
            return nil
        }
    }
}

extension RequestReleased {
    package init(recorded data: JSONValue) throws(MalformedRecord) {
        var reader = EventReader(data, of: Self.type.text)
        request = reader.request("request")
        let user = reader.user("user")
        via = reader.principal("via")
        try reader.finish()
        guard let user else { throw MalformedRecord(what: Self.type.text, violations: []) }
        self.user = user
    }
}
