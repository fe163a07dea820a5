package import JSON

/// Somebody who may answer a request lets somebody else answer it as well, whom its lists need not name.
package struct DelegateRequest: SessionCommand {
    package static let kind = "delegate_request"

    package let request: RequestID
    package let responder: Responder
    /// Who may answer then, as they were when this was received.
    package let delegate: Person
    /// When it was received.
    package let receivedAt: Timestamp

    package init(request: RequestID, responder: Responder, delegate: Person, receivedAt: Timestamp) {
        self.request = request
        self.responder = responder
        self.delegate = delegate
        self.receivedAt = receivedAt
    }

    package var principal: Principal { responder.principal }

    package func decide(_ state: SessionState, in context: DecisionContext) -> Decision {
        do throws(Rejection) {
            let (open, list) = try state.pendingRequest(request, for: responder, at: receivedAt)
            guard let user = responder.person?.user else {
                throw Rejection(.notAnApprover, ApproverRefusal.isNobody.detail)
            }
            // Whoever may answer anyway need not be let.
            guard let list,
                case .refused = open.admission(of: delegate, onBehalfOf: state.onBehalfOf, at: receivedAt)
            else { return .accept([], .request(request, isNew: false)) }
            try refuse(unless: list.ofDelegates, open.requester(onBehalfOf: state.onBehalfOf))
            if open.progress?.delegates.count ?? 0 >= PeopleLimits.delegates {
                throw Rejection(
                    .tooManyActs, "a request can be delegated to at most \(PeopleLimits.delegates) people")
            }
            if let refusal = open.refusalOfAnotherAct() { throw refusal }
            let delegated = RequestDelegated(
                request: request, user: user, via: responder.key, delegate: delegate.user, approvers: list.ofDelegates)
            return .accept([delegated], .request(request, isNew: false))
        } catch {
            return .reject(error)
        }
    }

    /// Refuses somebody to whom it cannot be delegated.
    private func refuse(unless approvers: Approvers, _ requester: Requester) throws(Rejection) {
        guard let refusal = approvers.refusal(of: delegate, requester: requester) else { return }
        let violation = JSONViolation(
            pointer: JSONPointer.root.appending("to"), detail: "may not answer: \(refusal.detail)")
        throw Rejection(.invalidInput, "the request cannot be delegated to \(delegate.user)", violations: [violation])
    }

    package func write(into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("request", request.description)
        responder.writeMembers(into: &writer)
        writer.key(plain: "to")
        delegate.write(into: &writer)
        writer.member("received_at", .some(receivedAt))
        writer.endObject()
    }

    package init(recorded data: JSONValue) throws(MalformedRecord) {
        var reader = EventReader(data, of: Self.kind)
        request = reader.request("request")
        let responder = Responder(&reader)
        let delegate = Person(recorded: reader.value("to"))
        receivedAt = reader.time("received_at")
        try reader.finish()
        guard let responder, let delegate else { throw MalformedRecord(what: Self.kind, violations: []) }
        self.responder = responder
        self.delegate = delegate
    }
}
