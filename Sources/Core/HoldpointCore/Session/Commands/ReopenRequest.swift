package import JSON

/// Asks again what nobody answered, or what was refused or withdrawn: the same question, under another id.
package struct ReopenRequest: SessionCommand {
    package static let kind = "reopen_request"

    /// The id that the new request gets.
    package let id: RequestID
    /// The request that was closed.
    package let follows: RequestID
    /// What it asked.
    package let draft: RequestDraft
    /// Who opened it: the same opens it again, and alone may fetch its secrets.
    package let openedBy: Principal
    /// Whether it was a permission that somebody rejected; what is closed does not change any more.
    package let wasRejected: Bool
    package let responder: Responder

    package init(
        id: RequestID, reopening request: HumanRequest, wasRejected: Bool, responder: Responder
    ) throws(InvalidAnswer) {
        self.id = id
        follows = request.id
        draft = try RequestDraft(again: request)
        openedBy = request.openedBy
        self.wasRejected = wasRejected
        self.responder = responder
    }

    package var principal: Principal { responder.principal }

    package func decide(_ state: SessionState, in context: DecisionContext) -> Decision {
        if state.openRequest(id) != nil || state.closedRequest(id) != nil {
            return .accept([], .request(id, isNew: false))
        }
        if let refusal = state.refusalOfAgentAct() { return .reject(refusal) }
        if state.openRequest(follows) != nil {
            return .reject(Rejection(.requestPending, "the request is pending: nobody need ask again"))
        }
        guard let closed = state.closedRequest(follows) else {
            return .reject(Rejection(.requestNotFound, "there is no such request"))
        }
        if closed.status == .answered, !wasRejected { return .reject(closed.rejection) }
        if let again = state.openRequests.first(where: { $0.request.reopening?.follows == follows }) {
            return .accept([], .request(again.request.id, isNew: false))
        }
        if let refusal = state.refusalOfAnotherRequest(under: context.limits) { return .reject(refusal) }
        return state.open(
            draft, as: id, by: openedBy, in: context,
            reopening: Reopening(follows: follows, principal: principal, via: responder.via))
    }

    package func write(into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("id", id.description)
        writer.member("follows", follows.description)
        writer.member("body", .some(draft.body))
        writer.member("opened_by", openedBy.text)
        writer.member("was_rejected", wasRejected)
        responder.writeMembers(into: &writer)
        writer.endObject()
    }

    package init(recorded data: JSONValue) throws(MalformedRecord) {
        var reader = EventReader(data, of: Self.kind)
        id = reader.request("id")
        follows = reader.request("follows")
        let body = reader.value("body")
        openedBy = reader.principal("opened_by")
        wasRejected = reader.flag("was_rejected")
        let responder = Responder(&reader)
        try reader.finish()
        guard let responder else { throw MalformedRecord(what: Self.kind, violations: []) }
        self.responder = responder
        do {
            draft = try RequestDraft(body)
        } catch {
            throw MalformedRecord(what: Self.kind, violations: error.violations)
        }
    }
}

extension SessionState {
    /// Refuses another request where there are too many.
    func refusalOfAnotherRequest(under limits: SessionLimits) -> Rejection? {
        guard openRequests.count < limits.openRequests else {
            return Rejection(
                .tooManyOpenRequests, "at most \(limits.openRequests) requests may be pending at once")
        }
        guard openRequests.count + closedRequests.count < limits.totalRequests else {
            return Rejection(.tooManyRequests, "a session opens at most \(limits.totalRequests) requests in all")
        }
        return nil
    }
}
