package import JSON

/// Somebody takes care of a request, so that nobody else may answer it for a while.
package struct RequestClaimed: SessionEvent {
    package static let type = EventType("hitl_claimed")

    let request: RequestID
    let user: UserID
    /// The key that spoke for them.
    let via: Principal
    /// The first moment at which others may answer again.
    let until: Timestamp

    package func write(into writer: inout JSONWriter, session: SessionID) {
        writer.beginObject()
        writer.member("request", request.description)
        writer.member("user", user.text)
        writer.member("via", via.text)
        writer.member("until", .some(until))
        writer.endObject()
    }

    package func apply(to state: inout SessionState, at position: EventPosition) -> String? {
        state.progress(of: request) { _, progress in
            let held = progress.claim.flatMap { $0.user == user && $0.holds(at: position.time) ? $0 : nil }
            progress.claim = RequestClaim(user: user, since: held?.since ?? position.time, until: until)
            progress.acts += 1
            return nil
        }
    }
}

extension RequestClaimed {
    package init(recorded data: JSONValue) throws(MalformedRecord) {
        var reader = EventReader(data, of: Self.type.text)
        request = reader.request("request")
        let user = reader.user("user")
        via = reader.principal("via")
        until = reader.time("until")
        try reader.finish()
        guard let user else { throw MalformedRecord(what: Self.type.text, violations: []) }
        self.user = user
    }
}
