package import JSON

/// An external agent recorded a step that it took.
package struct StepCompleted: SessionEvent {
    package static let type = EventType("step_completed")
    package static let isOnFeed = false

    let name: String
    let stepData: JSONValue
    let recordedBy: Principal

    package func write(into writer: inout JSONWriter, session: SessionID) {
        writer.beginObject()
        writer.member("name", name)
        writer.member("data", .some(stepData))
        writer.member("by", recordedBy.text)
        writer.endObject()
    }

    package func apply(to state: inout SessionState, at position: EventPosition) -> String? { nil }
}

extension StepCompleted {
    package init(recorded data: JSONValue) throws(MalformedRecord) {
        var reader = EventReader(data, of: Self.type.text)
        name = reader.text("name")
        stepData = reader.value("data")
        recordedBy = reader.principal("by")
        try reader.finish()
    }
}
