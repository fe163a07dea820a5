import JSON

extension SessionState {
    /// Lets the session's program go on as far as it can: the events that follow, or the expressions that must be
    /// evaluated first.
    ///
    /// It is decided on the state after a command's own events, and committed with them.
    package func advance(in context: DecisionContext) -> Decision {
        guard canAdvance, let workflow else { return .accept([], .done) }
        let verdicts = workflow.calls.compactMap { call in
            call.verdict.map { carryOut($0, on: call, context) }
        }
        if !verdicts.isEmpty { return .accept(verdicts, .done) }
        guard let definition = context.workflow else {
            return .accept(
                failure(WorkflowError(.runtime, "the agent's definition is gone", at: "")), .done)
        }
        if sequence >= context.limits.workflowEvents {
            let detail =
                "the session has more than \(context.limits.workflowEvents) events and never came to rest"
            return .accept(failure(WorkflowError(.runtime, detail, at: "")), .done)
        }
        switch WorkflowInterpreter.advance(
            workflow.place, of: definition, in: interpreterContext(context))
        {
        case .needs(let expressions): return .needs(expressions)
        case .needsPolicy: return .needsPolicy
        case .needsCounters(let queries): return .needsCounters(queries)
        case .advanced(let advance): return .accept(events(of: advance, in: context), .done)
        }
    }

    /// The events that end the session with an error; everything that is open is given up.
    package func failure(_ error: WorkflowError) -> [any SessionEvent] {
        withdrawals(reason: "the workflow failed") + [SessionFailed(error: error.json)]
    }

    private func interpreterContext(_ context: DecisionContext) -> WorkflowContext {
        let bytes = min(
            WorkflowLimits.dataBytes, context.limits.eventBytes - WorkflowLimits.eventOverheadBytes)
        return WorkflowContext(
            session: identity, startedAt: createdAt, input: input, now: context.now,
            firstSequence: sequence + 1,
            hasher: context.hasher, seed: context.seed, results: context.results,
            maximumBytes: max(bytes, 1_024),
            isClosing: mayContinueElsewhere(context.limits) && workflow?.place.isMovable == true,
            depth: parent?.depth ?? 0, judge: judge(context), deferrals: deferrals)
    }

    /// Judges this session's calls.
    func judge(_ context: DecisionContext) -> CallJudge {
        CallJudge(context.policy, agent: agent, user: onBehalfOf, labels: labels, releasing: deferred)
    }

    /// Whether the log has become long, and that of a session which goes on for this one could begin.
    private func mayContinueElsewhere(_ limits: SessionLimits) -> Bool {
        guard sequence >= limits.eventsBeforeContinuing, let beginning else { return false }
        // What the first event says besides is shorter than this.
        return beginning.bytes + WorkflowLimits.eventOverheadBytes / 16 <= limits.eventBytes
    }

    /// What a human's word about a call brings about.
    private func carryOut(
        _ verdict: CallVerdict, on call: OpenCall, _ context: DecisionContext
    ) -> any SessionEvent {
        switch verdict {
        case .done:
            ToolCompleted(call: call.id, response: ["statusCode": 204, "headers": [:], "content": .null])
        case .repeat:
            ToolPostponed(
                call: call.id, reason: "a human wants it to be made again", notBefore: context.now,
                attempts: call.attempts)
        case .fail:
            ToolFailed(
                call: call.id,
                error: WorkflowError(
                    .communication, "the call's outcome is unknown and counts as failed", at: call.effect.task
                ).json, isAbandoned: false)
        }
    }

    private func events(of advance: WorkflowAdvance, in context: DecisionContext)
        -> [any SessionEvent]
    {
        var events: [any SessionEvent] = []
        for act in advance.acts {
            do {
                events.append(try event(of: act, at: sequence + 1 + Int64(events.count), in: context))
            } catch {
                return failure(error)
            }
        }
        // Questions about calls that are given up come after the acts, whose numbers are fixed.
        events += withdrawnQuestions(by: advance.acts)
        let opened = events.count { $0 is RequestOpened } - events.count { $0 is RequestCancelled }
        if openRequests.count + opened > context.limits.openRequests {
            let detail = "at most \(context.limits.openRequests) requests may be pending at once"
            return failure(WorkflowError(.runtime, detail, at: ""))
        }
        switch advance.place.ending {
        case .completed(let output)?:
            events.append(WorkflowAdvanced(tasks: advance.finishedTasks, place: nil))
            return events + [SessionCompleted(output: output)]
        case .failed(let error)?:
            events.append(WorkflowAdvanced(tasks: advance.finishedTasks, place: nil))
            return events + [SessionFailed(error: error.json)]
        case nil:
            events.append(WorkflowAdvanced(tasks: advance.finishedTasks, place: advance.place, text: advance.text))
            if let continued = continued(from: advance.place, context) { events.append(continued) }
            return events
        }
    }

    /// The end of a log that has become long; nil as long as the workflow stays.
    private func continued(from place: WorkflowPlace, _ context: DecisionContext) -> SessionContinued? {
        guard mayContinueElsewhere(context.limits), place.isYielding, place.isMovable,
            place.effects.allSatisfy({ $0.arrival == nil })
        else { return nil }
        let key = SessionKey(time: context.now, random: context.bits(for: sequence))
        guard let session = try? SessionID(key.description) else { return nil }
        return SessionContinued(key: key, session: session)
    }

    private func withdrawnQuestions(by acts: [WorkflowAct]) -> [any SessionEvent] {
        acts.compactMap { act in
            guard case .closed(let id, .call) = act, let question = workflow?.call(id)?.question else {
                return nil
            }
            return RequestCancelled(
                request: question, reason: "the workflow does not wait for the call any more",
                cancelledBy: .engine)
        }
    }

    private func event(
        of act: WorkflowAct, at number: Int64, in context: DecisionContext
    ) throws(WorkflowError) -> any SessionEvent {
        switch act {
        case .opened(_, .timer(let due, let cause, let task)):
            return TimerSet(due: due, cause: cause, task: task)
        case .opened(_, .call(let effect)): return ToolProposed(effect: effect)
        case .opened(_, .request(let id, let draft, let task)):
            do {
                let request = try draft.opened(
                    as: id, in: identity.id, at: context.now, by: .engine, hasher: context.hasher,
                    reopening: draft.follows.map { Reopening(follows: $0, principal: .engine, via: nil) })
                return RequestOpened(request: request)
            } catch {
                let places = error.violations.map { "\($0.pointer) \($0.detail)" }
                throw WorkflowError(.validation, places.joined(separator: "; "), at: task)
            }
        case .opened(_, .child(let child)):
            let key = SessionKey(time: context.now, random: context.bits(for: number))
            guard let session = try? SessionID(key.description) else {
                throw WorkflowError(
                    .runtime, "the session of the other workflow cannot be named", at: child.task)
            }
            return ChildStarted(child: child, key: key, session: session)
        case .closed(let id, .timer): return TimerCancelled(timer: id)
        case .closed(let id, .call):
            let error = WorkflowError(
                .runtime, "the workflow does not wait for the call any more", at: "")
            return ToolFailed(call: id, error: error.json, isAbandoned: true)
        case .closed(_, .request(let id)):
            return RequestCancelled(
                request: id, reason: "the workflow does not wait for an answer any more",
                cancelledBy: .engine)
        case .closed(let id, .child): return ChildFinished(child: id, ending: .abandoned)
        case .emitted(let event): return EventEmitted(event: event)
        case .notified(let call, let effect): return HumansNotified(call: call, effect: effect)
        case .blocked(let effect): return ToolBlocked(effect: effect)
        case .deferred(let effect, let input):
            let key = SessionKey(time: context.now, random: context.bits(for: number))
            guard let session = try? SessionID(key.description) else {
                throw WorkflowError(.runtime, "the session of the deferred call cannot be named", at: effect.task)
            }
            return HumansDeferred(
                key: key, session: session, tool: effect.tool, digest: effect.digest, input: input,
                action: DeferredAction(session: identity.id, sequence: number, effect: effect))
        case .vetoed(let effect, let request):
            return CallVetoed(request: request, tool: deferred?.tool ?? effect.tool, digest: effect.digest)
        }
    }
}

extension CommandReply {
    /// For decisions of which nobody waits for more than the session.
    static var done: CommandReply { .session(isNew: false) }
}

extension DecisionContext {
    /// 128 bits for what a decision makes under that number.
    func bits(for number: Int64) -> Identifier128 {
        var bytes: [UInt8] = []
        for part in [seed.high, seed.low, UInt64(bitPattern: number)] {
            withUnsafeBytes(of: part.bigEndian) { bytes.append(contentsOf: $0) }
        }
        return hasher.sha256(bytes).first
    }
}
