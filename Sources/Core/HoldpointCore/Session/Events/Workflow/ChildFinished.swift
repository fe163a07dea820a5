package import JSON

/// The session of another workflow ended, or is not waited for any more.
package struct ChildFinished: SessionEvent {
    package static let type = EventType("child_finished")
    package static let isOnFeed = false

    /// The event that started it.
    let child: Int64
    /// What it came to.
    let ending: ChildEnding

    package func write(into writer: inout JSONWriter, session: SessionID) {
        writer.beginObject()
        writer.member("child", child)
        ending.writeMembers(into: &writer)
        writer.endObject()
    }

    package func apply(to state: inout SessionState, at position: EventPosition) -> String? {
        guard var workflow = state.workflow,
            let index = workflow.children.firstIndex(where: { $0.id == child })
        else {
            return "the child is not open"
        }
        workflow.children.remove(at: index)
        state.workflow = workflow
        switch ending {
        case .completed(let output): _ = state.receive(.value(output), for: child, at: position)
        case .failed(let error): _ = state.receive(.failed(error), for: child, at: position)
        case .abandoned: break
        }
        return nil
    }
}

extension ChildFinished {
    package init(recorded data: JSONValue) throws(MalformedRecord) {
        var reader = EventReader(data, of: Self.type.text)
        child = reader.count("child")
        let ending = ChildEnding(&reader)
        try reader.finish()
        guard let ending else { throw MalformedRecord(what: Self.type.text, violations: []) }
        self.ending = ending
    }
}

/// What the session of another workflow came to.
package enum ChildEnding: Sendable, Equatable {
    /// It completed, with its output.
    case completed(JSONValue)
    /// It failed or was cancelled, with a problem document (RFC 9457).
    case failed(JSONValue)
    /// Its parent does not wait for it any more.
    case abandoned

    /// Writes the members that say so.
    func writeMembers(into writer: inout JSONWriter) {
        switch self {
        case .completed(let output): writer.member("output", .some(output))
        case .failed(let error): writer.member("error", .some(error))
        case .abandoned: writer.member("abandoned", true)
        }
    }

    /// Reads what `writeMembers` wrote; nil for anything else.
    init?(_ reader: inout EventReader) {
        if reader.optionalFlag("abandoned") {
            self = .abandoned
        } else if let error = reader.optionalValue("error") {
            self = .failed(error)
        } else if let output = reader.presentValue("output") {
            self = .completed(output)
        } else {
            return nil
        }
    }
}
