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
        var events = state.openRequests.flatMap { Self.events(of: $0, at: context.now) }
        guard let workflow = state.workflow else { return .accept(events, .session(isNew: false)) }
        events += workflow.place.dueTimers(at: context.now).map { TimerFired(timer: $0) }
        for call in workflow.calls where !inFlight.contains(call.id) {
            guard case .dispatched(let until) = call.phase, until <= context.now else { continue }
            events += call.doubt(reason: "the node that made it stopped", state, in: context)
        }
        return .accept(events, .session(isNew: false))
    }

    /// What time brings about for a request: its end; or else that people are told again, and that more are asked.
    private static func events(of open: PendingRequest, at now: Timestamp) -> [any SessionEvent] {
        let request = open.request
        if let deadline = request.expiresAt, deadline <= now { return [expiry(of: request)] }
        if request.followUp.isEmpty { return [] }
        var events: [any SessionEvent] = []
        // Of reminders that are due at once, since no node was there, one is enough.
        let number = open.dueReminders(at: now)
        if number > open.progress?.reminded ?? 0 { events.append(RequestReminded(request: request.id, number: number)) }
        let steps = request.followUp.escalation.prefix(Int(clamping: open.dueSteps(at: now)))
        for (index, step) in steps.enumerated().dropFirst(Int(clamping: open.progress?.escalated ?? 0)) {
            events.append(
                RequestEscalated(request: request.id, step: Int64(index) + 1, approvers: step.approvers))
        }
        return events
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
