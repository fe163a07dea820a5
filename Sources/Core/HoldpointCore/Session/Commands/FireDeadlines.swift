package import JSON

/// Time has come: requests expire, timers fire, and calls that an earlier owner dispatched are known to be over.
///
/// The engine applies stored answers that were received in time before it gives this command.
package struct FireDeadlines: SessionCommand {
    package static let kind = "fire_deadlines"
    package static let closesRequests = true

    /// The calls that this very process has under way: what becomes of them it will say itself.
    package let inFlight: Set<Int64>
    package let principal = Principal.engine

    package init(inFlight: Set<Int64> = []) {
        self.inFlight = inFlight
    }

    package func decide(_ state: SessionState, in context: DecisionContext) -> Decision {
        guard state.isStarted, state.ending == nil else { return .accept([], .session(isNew: false)) }
        let due = state.openRequests.filter { open in
            open.request.expiresAt.map { $0 <= context.now } ?? false
        }
        var events: [any SessionEvent] = due.map { Self.expiry(of: $0.request) }
        guard let workflow = state.workflow else { return .accept(events, .session(isNew: false)) }
        events += workflow.place.dueTimers(at: context.now).map { TimerFired(timer: $0) }
        for call in workflow.calls where !inFlight.contains(call.id) {
            guard case .dispatched(let until) = call.phase, until <= context.now else { continue }
            events += call.doubt(reason: "the node that made it stopped", state, in: context)
        }
        return .accept(events, .session(isNew: false))
    }

    /// Silence is a rejection for a permission, the declared default for others, and otherwise nothing (I8).
    private static func expiry(of request: HumanRequest) -> RequestExpired {
        let response: JSONValue? =
            request.type == .permission
            ? ["action": .string(PermissionAction.reject.rawValue)] : request.defaultAnswer
        return RequestExpired(request: request.id, response: response)
    }

    /// A workflow that has no room for its own timers ends.
    package func alternatives(for state: SessionState, under limits: SessionLimits) -> [[any SessionEvent]] {
        state.workflow == nil ? [] : [state.failure(WorkflowError(tooLargeUnder: limits))]
    }

    package func write(into writer: inout JSONWriter) {
        writer.beginObject()
        writer.key(plain: "in_flight")
        writer.beginArray()
        for call in inFlight.sorted() { writer.integer(call) }
        writer.endArray()
        writer.endObject()
    }

    package init(recorded data: JSONValue) throws(MalformedRecord) {
        var reader = EventReader(data, of: Self.kind)
        inFlight = Set(reader.array("in_flight").compactMap(\.int64Value))
        try reader.finish()
    }
}
