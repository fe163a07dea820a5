package import JSON

/// Records a step that an external agent took.
package struct RecordStep: SessionCommand {
    package static let kind = "step"

    package let name: String
    package let stepData: JSONValue
    package let principal: Principal

    package init(name: String, stepData: JSONValue, principal: Principal) {
        self.name = name
        self.stepData = stepData
        self.principal = principal
    }

    package func decide(_ state: SessionState, in context: DecisionContext) -> Decision {
        if let refusal = state.refusalOfAgentAct() { return .reject(refusal) }
        return .accept(
            [StepCompleted(name: name, stepData: stepData, recordedBy: principal)], .session(isNew: false))
    }

    package func write(into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("name", name)
        writer.member("data", .some(stepData))
        writer.member("by", principal.text)
        writer.endObject()
    }

    package init(recorded data: JSONValue) throws(MalformedRecord) {
        var reader = EventReader(data, of: Self.kind)
        name = reader.text("name")
        stepData = reader.value("data")
        principal = reader.principal("by")
        try reader.finish()
    }
}
