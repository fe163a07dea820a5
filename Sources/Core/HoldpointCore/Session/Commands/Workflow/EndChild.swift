package import JSON

/// The session of another workflow ended; its parent is told.
package struct EndChild: SessionCommand {
    package static let kind = "end_child"
    /// The workflow goes on with it, and may then give up other questions.
    package static let closesRequests = true

    /// The number of the parent's event that started it.
    package let child: Int64
    /// What it came to.
    package let ending: ChildEnding
    package let principal = Principal.engine

    package init(child: Int64, ending: ChildEnding) {
        self.child = child
        self.ending = ending
    }

    package func decide(_ state: SessionState, in context: DecisionContext) -> Decision {
        guard state.ending == nil, state.workflow?.children.contains(where: { $0.id == child }) == true
        else {
            return .accept([], .session(isNew: false))
        }
        return .accept([ChildFinished(child: child, ending: ending)], .session(isNew: false))
    }

    /// Without what the child gave, then without the session.
    package func alternatives(for state: SessionState, under limits: SessionLimits) -> [[any SessionEvent]] {
        let error = WorkflowError(.runtime, "what the other workflow came to is too large for this session", at: "")
        return [
            [ChildFinished(child: child, ending: .failed(error.json))],
            state.failure(WorkflowError(tooLargeUnder: limits)),
        ]
    }

    package func write(into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("child", child)
        ending.writeMembers(into: &writer)
        writer.endObject()
    }

    package init(recorded data: JSONValue) throws(MalformedRecord) {
        var reader = EventReader(data, of: Self.kind)
        child = reader.count("child")
        let ending = ChildEnding(&reader)
        try reader.finish()
        guard let ending else { throw MalformedRecord(what: Self.kind, violations: []) }
        self.ending = ending
    }
}
