package import JSON

/// Puts a question to a human.
package struct OpenRequest: SessionCommand {
    package static let kind = "open_request"

    /// The id that the new request gets.
    package let id: RequestID
    package let draft: RequestDraft
    package let principal: Principal

    package init(id: RequestID, draft: RequestDraft, principal: Principal) {
        self.id = id
        self.draft = draft
        self.principal = principal
    }

    package func decide(_ state: SessionState, in context: DecisionContext) -> Decision {
        if state.openRequest(id) != nil || state.closedRequest(id) != nil {
            return .accept([], .request(id, isNew: false))
        }
        if let refusal = state.refusalOfAgentAct() { return .reject(refusal) }
        guard state.openRequests.count < context.limits.openRequests else {
            return .reject(
                Rejection(
                    .tooManyOpenRequests, "at most \(context.limits.openRequests) requests may be pending at once"))
        }
        guard state.openRequests.count + state.closedRequests.count < context.limits.totalRequests else {
            return .reject(
                Rejection(
                    .tooManyRequests, "a session opens at most \(context.limits.totalRequests) requests in all"))
        }
        return state.open(draft, as: id, by: principal, in: context)
    }

    package func write(into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("id", id.description)
        writer.member("body", .some(draft.body))
        writer.member("by", principal.text)
        writer.endObject()
    }

    package init(recorded data: JSONValue) throws(MalformedRecord) {
        var reader = EventReader(data, of: Self.kind)
        id = reader.request("id")
        let body = reader.value("body")
        principal = reader.principal("by")
        try reader.finish()
        do {
            draft = try RequestDraft(body)
        } catch {
            throw MalformedRecord(what: Self.kind, violations: error.violations)
        }
    }
}
