package import JSON

/// Lets a paused program go on.
package struct ResumeSession: SessionCommand {
    package static let kind = "resume"

    package let reason: String?
    package let principal: Principal

    package init(reason: String?, principal: Principal) {
        self.reason = reason
        self.principal = principal
    }

    package func decide(_ state: SessionState, in context: DecisionContext) -> Decision {
        if let refusal = state.refusalUnlessLive() { return .reject(refusal) }
        if !state.isPaused { return .accept([], .session(isNew: false)) }
        return .accept([SessionResumed(reason: reason, orderedBy: principal)], .session(isNew: false))
    }

    package func write(into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("reason", reason)
        writer.member("by", principal.text)
        writer.endObject()
    }

    package init(recorded data: JSONValue) throws(MalformedRecord) {
        var reader = EventReader(data, of: Self.kind)
        reason = reader.optionalText("reason")
        principal = reader.principal("by")
        try reader.finish()
    }
}
