package import JSON

/// A human answered a request; secret values are handles here (I9).
package struct RequestAnswered: SessionEvent {
    package static let type = EventType("hitl_responded")

    let request: RequestID
    let response: JSONValue
    let comment: String?
    let answeredBy: Principal
    /// When the answer was received; it may lie before the event when the answer was stored first.
    let receivedAt: Timestamp
    /// A keyed MAC of the answer, bound to the request.
    let fingerprint: String
    /// SHA-256 of the arguments that an approval or an edit allows (I7).
    let approvedDigest: Digest?

    package func write(into writer: inout JSONWriter, session: SessionID) {
        writer.beginObject()
        writer.member("request", request.description)
        writer.member("response", .some(response))
        writer.member("comment", comment)
        writer.member("by", answeredBy.text)
        writer.member("received_at", .some(receivedAt))
        writer.member("fingerprint", fingerprint)
        writer.member("approved_digest", approvedDigest?.description)
        writer.endObject()
    }

    package func apply(to state: inout SessionState, at position: EventPosition) -> String? {
        guard let open = state.openRequest(request),
            state.close(request, as: .answered, by: answeredBy, fingerprint: fingerprint, at: position)
        else { return "the request is not pending" }
        state.tellWorkflow(of: open, .value(response), at: position)
        return nil
    }
}

extension RequestAnswered {
    package init(recorded data: JSONValue) throws(MalformedRecord) {
        var reader = EventReader(data, of: Self.type.text)
        request = reader.request("request")
        response = reader.value("response")
        comment = reader.optionalText("comment")
        answeredBy = reader.principal("by")
        receivedAt = reader.time("received_at")
        fingerprint = reader.text("fingerprint")
        let digest = reader.optionalText("approved_digest")
        approvedDigest = digest.flatMap { Digest(hexadecimal: $0) }
        try reader.finish()
        if (digest == nil) != (approvedDigest == nil) {
            throw MalformedRecord(what: Self.type.text, violations: [])
        }
    }
}
