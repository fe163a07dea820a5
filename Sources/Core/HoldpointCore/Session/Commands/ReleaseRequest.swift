package import JSON

/// Whoever claimed a request lets others answer it again; without a claim it changes nothing.
package struct ReleaseRequest: SessionCommand {
    package static let kind = "release_request"

    package let request: RequestID
    package let responder: Responder
    /// When it was received.
    package let receivedAt: Timestamp

    package init(request: RequestID, responder: Responder, receivedAt: Timestamp) {
        self.request = request
        self.responder = responder
        self.receivedAt = receivedAt
    }

    package var principal: Principal { responder.principal }

    package func decide(_ state: SessionState, in context: DecisionContext) -> Decision {
        do throws(Rejection) {
            let open = try state.pendingRequest(request, for: responder, at: receivedAt).request
            try open.refuseIfClaimed(against: responder, at: context.now)
            guard let user = responder.person?.user, let claim = open.progress?.claim, claim.user == user,
                claim.holds(at: context.now)
            else { return .accept([], .request(request, isNew: false)) }
            if let refusal = open.refusalOfAnotherAct() { throw refusal }
            let released = RequestReleased(request: request, user: user, via: responder.key)
            return .accept([released], .request(request, isNew: false))
        } catch {
            return .reject(error)
        }
    }

    package func write(into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("request", request.description)
        responder.writeMembers(into: &writer)
        writer.member("received_at", .some(receivedAt))
        writer.endObject()
    }

    package init(recorded data: JSONValue) throws(MalformedRecord) {
        var reader = EventReader(data, of: Self.kind)
        request = reader.request("request")
        let responder = Responder(&reader)
        receivedAt = reader.time("received_at")
        try reader.finish()
        guard let responder else { throw MalformedRecord(what: Self.kind, violations: []) }
        self.responder = responder
    }
}
