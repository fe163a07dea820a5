import HoldpointCore
import HoldpointPorts
import Synchronization

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
                let events = try await programEvents(after: &draft, at: now, seed: seed)
                isExtended = try extendWithinSends(&draft, with: events, at: now)
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
            if draft.state.workflow?.place.isYielding == true || isFull(draft) { return }
        }
    }

    /// Whether a draft tells other sessions so much that the end of this one might not fit into the same commit.
    private func isFull(_ draft: ChangeDraft) -> Bool {
        let most = SessionCommit.maximumSends - WorkflowLimits.openEffects - 1
        return draft.events.count > most && state.outgoing(of: draft.events, to: draft.state).count > most
    }

    /// Adds events to a draft; false, with nothing changed, if they are larger than a limit or tell too many sessions.
    private func extendWithinSends(
        _ draft: inout ChangeDraft, with events: [any SessionEvent], at now: Timestamp
    ) throws(SessionFailure) -> Bool {
        var longer = draft
        guard try extend(&longer, with: events, at: now),
            longer.events.count + WorkflowLimits.openEffects < SessionCommit.maximumSends
                || state.outgoing(of: longer.events, to: longer.state).count <= SessionCommit.maximumSends
        else { return false }
        draft = longer
        return true
    }

    private func programEvents(
        after draft: inout ChangeDraft, at now: Timestamp, seed: Identifier128
    ) async throws(SessionFailure) -> [any SessionEvent] {
        let state = draft.state
        let definition = try await workflowDefinition(of: state)
        var pending = CounterAdditions()
        pending.add(counterChanges(of: draft, at: now))
        let decided = try await decision(
            at: now, seed: seed, of: definition, by: &draft.policy, after: pending, { state.advance(in: $0) })
        switch decided {
        case .accept(let events, _): return events
        case .needs, .needsPolicy, .needsCounters, .reject:
            // The interpreter stops by itself long before the rounds of a decision are used up.
            throw .failed("the program asks for too many rounds of expressions")
        }
    }

    /// The definition that the session was started with; read once.
    private func workflowDefinition(of state: SessionState) async throws(SessionFailure) -> WorkflowDefinition? {
        if let definition { return definition }
        guard let agent = state.agent else { return nil }
        if state.deferred != nil {
            definition = try? WorkflowDefinition(DeferredAction.document(for: state.input))
            return definition
        }
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
        for call in state.readyCalls(at: now) where inFlight[call.id] == nil {
            inFlight[call.id] = CallPermit()
            await services.effects.submit(.call(identity.reference, call.id))
        }
        guard state.canAdvance else { return }
        if isStalled {
            await lookAgain()
        } else {
            await services.effects.submit(.goOn(identity.reference))
        }
    }

    /// The call of that id if it may be made now, and what tells whether it still may when it leaves; nil if it is not
    /// open, rests or was seen to.
    func readyCall(_ id: Int64) -> (call: OpenCall, permit: CallPermit)? {
        guard quarantine == nil, standing == .sound, let permit = inFlight[id] else { return nil }
        return state.readyCalls(at: services.ports.clock.now()).first { $0.id == id }.map { ($0, permit) }
    }

    /// Takes the permits back of calls that the session, as it is committed, does not want any more, or not now.
    func judgePermits() {
        if inFlight.isEmpty { return }
        let mayLeave = quarantine == nil && !state.isPaused && state.ending == nil
        for (id, permit) in inFlight { permit.set(mayLeave && state.workflow?.call(id) != nil) }
    }

    /// Says that nothing of a call is under way in this process any more.
    ///
    /// - Parameter isSettled: whether what became of it is recorded; if not, the next try is not made at once.
    func callEnded(_ id: Int64, isSettled: Bool) async {
        inFlight[id] = nil
        if isSettled {
            // A deadline that fired while it was under way left its time aside.
            if let due = state.workflow?.call(id)?.dueAt { await services.deadlines.retry(identity.reference, at: due) }
            await startEffects()
        } else if await services.ownership.lease(of: identity.key.shard) != nil {
            await lookAgain()
        }
    }
}

/// Whether a call that is under way may still leave; asked on any thread without waiting, right before it does.
final class CallPermit: Sendable {
    private let isGiven = Atomic(true)

    /// False from the commit on with which the session was paused or ended, or gave the call up.
    var isValid: Bool { isGiven.load(ordering: .acquiring) }

    /// Takes it back, for ever: the node does not own the session any more.
    func revoke() { set(false) }

    fileprivate func set(_ isValid: Bool) { isGiven.store(isValid, ordering: .releasing) }
}
