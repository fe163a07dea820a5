package import JSON

/// Ends an external agent's session with its output; the same output again changes nothing.
package struct CompleteSession: SessionCommand {
    package static let kind = "complete"
    package static let closesRequests = true

    package let output: JSONValue
    package let principal: Principal

    package init(output: JSONValue, principal: Principal) {
        self.output = output
        self.principal = principal
    }

    package func decide(_ state: SessionState, in context: DecisionContext) -> Decision {
        if case .completed(let recorded) = state.ending, recorded.isEquivalent(to: output) {
            return .accept([], .session(isNew: false))
        }
        if let refusal = state.refusalOfAgentAct() { return .reject(refusal) }
        return .accept(
            state.withdrawals(reason: "the session completed") + [SessionCompleted(output: output)],
            .session(isNew: false))
    }

    package func write(into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("output", .some(output))
        writer.member("by", principal.text)
        writer.endObject()
    }

    package init(recorded data: JSONValue) throws(MalformedRecord) {
        var reader = EventReader(data, of: Self.kind)
        output = reader.value("output")
        principal = reader.principal("by")
        try reader.finish()
    }
}
