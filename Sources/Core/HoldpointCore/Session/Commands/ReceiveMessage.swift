package import JSON

/// Talks to a session.
package struct ReceiveMessage: SessionCommand {
    package static let kind = "message"

    package let content: JSONValue
    package let principal: Principal

    package init(content: JSONValue, principal: Principal) {
        self.content = content
        self.principal = principal
    }

    package func decide(_ state: SessionState, in context: DecisionContext) -> Decision {
        if let refusal = state.refusalUnlessLive() { return .reject(refusal) }
        return .accept([MessageReceived(content: content, sentBy: principal)], .session(isNew: false))
    }

    package func write(into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("content", .some(content))
        writer.member("by", principal.text)
        writer.endObject()
    }

    package init(recorded data: JSONValue) throws(MalformedRecord) {
        var reader = EventReader(data, of: Self.kind)
        content = reader.value("content")
        principal = reader.principal("by")
        try reader.finish()
    }
}
