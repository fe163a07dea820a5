package import JSON

/// Somebody takes care of a request: for a while nobody else may answer it.
package struct ClaimRequest: SessionCommand {
    package static let kind = "claim_request"

    package let request: RequestID
    package let responder: Responder
    /// How long it is to hold, in milliseconds from the decision on.
    package let milliseconds: Int64
    /// When it was received.
    package let receivedAt: Timestamp

    package init(request: RequestID, responder: Responder, milliseconds: Int64, receivedAt: Timestamp) {
        self.request = request
        self.responder = responder
        self.milliseconds = milliseconds
        self.receivedAt = receivedAt
    }

    package var principal: Principal { responder.principal }

    package func decide(_ state: SessionState, in context: DecisionContext) -> Decision {
        do throws(Rejection) {
            let open = try state.pendingRequest(request, for: responder, at: receivedAt).request
            // A claim begins when it is decided, so it is the claims of that moment which count.
            try open.refuseIfClaimed(against: responder, at: context.now)
            guard let person = responder.person else {
                throw Rejection(.notAnApprover, ApproverRefusal.isNobody.detail)
            }
            if let refusal = open.refusalOfAnotherAct() { throw refusal }
            let until = context.now.adding(milliseconds: milliseconds)
            let claimed = RequestClaimed(request: request, user: person.user, via: responder.key, until: until)
            return .accept([claimed], .request(request, isNew: false))
        } catch {
            return .reject(error)
        }
    }

    package func write(into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("request", request.description)
        responder.writeMembers(into: &writer)
        writer.member("milliseconds", milliseconds)
        writer.member("received_at", .some(receivedAt))
        writer.endObject()
    }

    package init(recorded data: JSONValue) throws(MalformedRecord) {
        var reader = EventReader(data, of: Self.kind)
        request = reader.request("request")
        let responder = Responder(&reader)
        milliseconds = reader.count("milliseconds")
        receivedAt = reader.time("received_at")
        try reader.finish()
        guard let responder else { throw MalformedRecord(what: Self.kind, violations: []) }
        self.responder = responder
    }
}
