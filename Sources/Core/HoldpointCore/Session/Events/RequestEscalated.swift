package import JSON

/// Nobody has answered a request, and from now on others may answer it as well; nobody has answered by that (I8).
package struct RequestEscalated: SessionEvent {
    package static let type = EventType("hitl_escalated")

    let request: RequestID
    /// The number of the step, from 1 on.
    let step: Int64
    /// Who may answer as well.
    let approvers: Approvers

    package func write(into writer: inout JSONWriter, session: SessionID) {
        writer.beginObject()
        writer.member("request", request.description)
        writer.member("step", step)
        writer.key(plain: "approvers")
        approvers.write(into: &writer)
        writer.endObject()
    }

    package func apply(to state: inout SessionState, at position: EventPosition) -> String? {
        state.progress(of: request) { open, progress in
            guard step == progress.escalated + 1, step <= open.dueSteps(at: position.time) else {
                return "the step is not due"
            }
            progress.escalated = step
            return nil
        }
    }
}

extension RequestEscalated {
    package init(recorded data: JSONValue) throws(MalformedRecord) {
        var reader = EventReader(data, of: Self.type.text)
        request = reader.request("request")
        step = reader.count("step")
        let recorded = reader.value("approvers")
        try reader.finish()
        approvers = try Approvers(recorded: recorded)
    }
}
