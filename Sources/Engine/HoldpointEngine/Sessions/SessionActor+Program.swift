import HoldpointCore
import HoldpointPorts

extension SessionActor {
    /// Lets the session's program go on from where a draft leaves it, up to its next pause.
    ///
    /// What it does is committed with the command that let it go on. If it cannot go on now, because expressions cannot
    /// be evaluated or its definition cannot be read, the command is committed without it, and a deadline makes it try
    /// again: an answer is never lost for that (I3).
    func goOn(_ draft: inout ChangeDraft, at now: Timestamp, seed: Identifier128) async throws(SessionFailure) {
        isStalled = false
        while draft.state.canAdvance {
            var isExtended = false
            do {
                let events = try await programEvents(after: draft.state, at: now, seed: seed)
                isExtended = try extend(&draft, with: events, at: now)
            } catch .failed(let detail) {
                // The program is at fault, not the command that let it go on: the program ends (I10).
                let error = WorkflowError(engineFault: detail)
                guard try extend(&draft, with: draft.state.failure(error), at: now) else { return }
                continue
            } catch {
                isStalled = true
                return
            }
            if !isExtended {
                let error = WorkflowError(tooLargeUnder: services.configuration.sessionLimits)
                guard try extend(&draft, with: draft.state.failure(error), at: now) else { return }
            }
            // It stopped for no other reason than to commit: others may have their turn before it goes on.
            if draft.state.workflow?.place.isYielding == true { return }
        }
    }

    private func programEvents(
        after state: SessionState, at now: Timestamp, seed: Identifier128
    ) async throws(SessionFailure) -> [any SessionEvent] {
        let definition = try await workflowDefinition(of: state)
        switch try await decision(at: now, seed: seed, of: definition, { state.advance(in: $0) }) {
        case .accept(let events, _): return events
        case .needs, .reject:
            // The interpreter stops by itself long before the rounds of a decision are used up.
            throw .failed("the program asks for too many rounds of expressions")
        }
    }

    /// The definition that the session was started with; read once.
    private func workflowDefinition(of state: SessionState) async throws(SessionFailure) -> WorkflowDefinition? {
        if let definition { return definition }
        guard let agent = state.agent else { return nil }
        do {
            definition = try await services.access.workflow(agent, version: state.agentVersion, in: identity.scope)
        } catch {
            throw SessionFailure(error)
        }
        return definition
    }

    /// Hands over what is to be done outside: calls that may be made, and going on after a commit in between.
    func startEffects() async {
        guard state.workflow != nil, quarantine == nil, standing == .sound else { return }
        let now = services.ports.clock.now()
        for call in state.readyCalls(at: now) where inFlight.insert(call.id).inserted {
            await services.effects.submit(.call(identity.reference, call.id))
        }
        guard state.canAdvance else { return }
        if isStalled {
            let soon = now.adding(milliseconds: services.configuration.timerRetryMilliseconds)
            await services.deadlines.retry(identity.reference, at: soon)
        } else {
            await services.effects.submit(.goOn(identity.reference))
        }
    }

    /// The call of that id if it may be made now; nil if it is not open, rests or was seen to.
    func readyCall(_ id: Int64) -> OpenCall? {
        guard quarantine == nil, standing == .sound else { return nil }
        return state.readyCalls(at: services.ports.clock.now()).first { $0.id == id }
    }

    /// The call of that id after its dispatch was recorded; nil if it is not open any more.
    func openCall(_ id: Int64) -> OpenCall? { state.workflow?.call(id) }

    /// Whether the workflow waits for the session that it started with that event.
    func awaits(child: Int64) -> Bool { state.workflow?.children.contains { $0.id == child } == true }

    /// Says that nothing of a call is under way in this process any more.
    func callEnded(_ id: Int64) async {
        inFlight.remove(id)
        await startEffects()
    }
}
