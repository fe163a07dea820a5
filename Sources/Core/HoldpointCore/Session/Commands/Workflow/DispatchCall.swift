package import JSON

/// A call that must not be made twice is about to leave.
///
/// What it records is committed before anything leaves, so that whoever comes after knows that it may have.
package struct DispatchCall: SessionCommand {
    package static let kind = "dispatch_call"

    /// The number of the event that proposed the call.
    package let call: Int64
    /// When no more of it is under way, whatever becomes of this node.
    package let until: Timestamp
    package let principal = Principal.engine

    package init(call: Int64, until: Timestamp) {
        self.call = call
        self.until = until
    }

    package func decide(_ state: SessionState, in context: DecisionContext) -> Decision {
        if let refusal = state.refusalUnlessLive() { return .reject(refusal) }
        if state.isPaused {
            return .reject(Rejection(.sessionPaused, "an operator paused the session"))
        }
        guard let open = state.readyCalls(at: context.now).first(where: { $0.id == call }) else {
            return .reject(Rejection(.callNotReady, "the call is not to be made now"))
        }
        guard open.isIntact(context.hasher) else {
            return .reject(Rejection(.callNotReady, "the call's arguments are not those of its digest"))
        }
        return .accept([ToolDispatched(call: call, until: until)], .session(isNew: false))
    }

    package func write(into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("call", call)
        writer.member("until", .some(until))
        writer.endObject()
    }

    package init(recorded data: JSONValue) throws(MalformedRecord) {
        var reader = EventReader(data, of: Self.kind)
        call = reader.count("call")
        until = reader.time("until")
        try reader.finish()
    }
}
