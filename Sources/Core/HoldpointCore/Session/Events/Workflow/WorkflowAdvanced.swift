package import JSON

/// A workflow went from one pause to the next: the tasks that came to their end, and where it stands now.
package struct WorkflowAdvanced: SessionEvent {
    package static let type = EventType("workflow_advanced")
    package static let isOnFeed = false

    /// The tasks that ended, in order, as pointers into the document; at most `WorkflowLimits.recordedTasks`.
    let tasks: [String]
    /// Where it stands; nil when the session ends with the same commit.
    let place: WorkflowPlace?
    /// The place as text, if it was measured just now.
    var text = PlaceText.none

    package func write(into writer: inout JSONWriter, session: SessionID) {
        writer.beginObject()
        writer.key(plain: "tasks")
        writer.beginArray()
        for task in tasks { writer.string(task) }
        writer.endArray()
        writer.member(place, as: text)
        writer.endObject()
    }

    package func apply(to state: inout SessionState, at position: EventPosition) -> String? {
        guard var workflow = state.workflow else { return "the session runs no workflow" }
        state.heldBytes -= workflow.heldBytes
        workflow.stand(at: place ?? WorkflowPlace(), as: text)
        workflow.heldBytes = position.dataBytes
        state.heldBytes += workflow.heldBytes
        state.workflow = workflow
        return nil
    }
}

extension WorkflowAdvanced {
    package init(recorded data: JSONValue) throws(MalformedRecord) {
        var reader = EventReader(data, of: Self.type.text)
        let tasks = reader.array("tasks")
        let place = reader.optionalValue("place")
        try reader.finish()
        self.tasks = tasks.compactMap(\.stringValue)
        self.place = if let place { try WorkflowPlace(recorded: place) } else { nil }
        guard self.tasks.count == tasks.count else {
            throw MalformedRecord(what: Self.type.text, violations: [])
        }
    }
}
