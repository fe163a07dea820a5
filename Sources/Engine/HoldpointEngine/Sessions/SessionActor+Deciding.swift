import HoldpointCore
import HoldpointPorts
import JSON

extension SessionActor {
    /// Decides one command within a turn, and commits what follows.
    func decide(_ envelope: CommandEnvelope) async throws(SessionFailure) -> CommandOutcome {
        if let claim = envelope.idempotency, let replayed = try await replay(of: claim) {
            return try await settle(replayed, of: envelope)
        }
        do {
            return try await decideOnce(envelope)
        } catch .outdated {
            return try await decideInTurn(envelope)
        }
    }

    /// Decides again what rested on a policy or a counter of before, after others of the project who do so.
    private func decideInTurn(_ envelope: CommandEnvelope) async throws(SessionFailure) -> CommandOutcome {
        await services.counterTurns.begin(identity.scope)
        let outcome: Result<CommandOutcome, SessionFailure>
        do {
            outcome = .success(try await decideRepeatedly(envelope))
        } catch {
            outcome = .failure(error)
        }
        await services.counterTurns.end(identity.scope)
        return try outcome.get()
    }

    private func decideRepeatedly(_ envelope: CommandEnvelope) async throws(SessionFailure) -> CommandOutcome {
        // Others may still come between: those who judge for the first time, and those of other nodes.
        for _ in 0..<services.configuration.policyAttempts {
            await services.policies.forget(identity.scope)
            do {
                return try await decideOnce(envelope)
            } catch .outdated {
                continue
            }
        }
        throw .unavailable("the project's policy or its counters change faster than calls can be judged")
    }

    private func decideOnce(_ envelope: CommandEnvelope) async throws(SessionFailure) -> CommandOutcome {
        let now = max(services.ports.clock.now(), state.updatedAt)
        let seed = services.ports.entropy.random128()
        let before = state
        var policy = PolicyBook(await services.policies.standing(in: identity.scope))
        switch try await decision(at: now, seed: seed, by: &policy, { envelope.command.decide(before, in: $0) }) {
        case .reject(let rejection):
            return try await settle(.rejected(rejection), of: envelope)
        case .needs, .needsPolicy, .needsCounters:
            return try await settle(
                .rejected(Rejection(.invalidInput, "the command asks for too many rounds of expressions")),
                of: envelope)
        case .accept(let events, let reply):
            var draft = ChangeDraft(state: state, chain: chain, policy: policy)
            guard try extend(&draft, with: events, or: envelope.command, at: now) else {
                return try await settle(.rejected(oversized(events)), of: envelope)
            }
            if draft.state.canAdvance { try await goOn(&draft, at: now, seed: seed) }
            return try await commit(prepare(draft, of: envelope, reply: reply, now: now), of: envelope, reply: reply)
        }
    }

    /// Runs a pure decision, evaluating expressions between rounds; nothing is committed in between.
    func decision(
        at now: Timestamp, seed: Identifier128, of workflow: WorkflowDefinition? = nil, by policy: inout PolicyBook,
        after pending: CounterAdditions = CounterAdditions(), _ decide: (DecisionContext) -> Decision
    ) async throws(SessionFailure) -> Decision {
        var results: [ExpressionOutcome] = []
        for _ in 0..<services.configuration.expressionRounds {
            let context = DecisionContext(
                now: now, hasher: services.ports.hasher, limits: services.configuration.sessionLimits, seed: seed,
                workflow: workflow, results: results,
                policy: PolicyKnowledge(policy.standing, readings: policy.readings, pending: pending))
            let decision = decide(context)
            let expressions: [Expression]
            switch decision {
            case .accept, .reject: return decision
            case .needsPolicy:
                policy = PolicyBook(try await standingOfPolicy())
                continue
            case .needsCounters(let queries):
                policy.note(try await readings(of: queries), for: queries)
                continue
            case .needs(let asked): expressions = asked
            }
            do {
                results += try await withTaskExecutorPreference(services.ports.executors.continuations) {
                    () throws(ExpressionError) in try await services.ports.expressions.outcomes(of: expressions)
                }
            } catch {
                throw .unavailable(error.detail)
            }
        }
        return .needs([])
    }

    private func standingOfPolicy() async throws(SessionFailure) -> PolicyKnowledge.Standing {
        do {
            return try await services.policies.load(identity.scope)
        } catch {
            throw SessionFailure(error)
        }
    }

    private func readings(of queries: [CounterQuery]) async throws(SessionFailure) -> [CounterReading] {
        var readings: [CounterReading] = []
        var rest = queries[...]
        do {
            while !rest.isEmpty {
                let page = Array(rest.prefix(CounterLimits.queries))
                rest = rest.dropFirst(page.count)
                readings += try await services.ports.journal.counters(page, in: identity.scope)
            }
        } catch {
            throw SessionFailure(error)
        }
        return readings
    }

    /// Adds events to a draft; false, with nothing changed, if they are larger than a limit.
    func extend(
        _ draft: inout ChangeDraft, with events: [any SessionEvent], at now: Timestamp
    ) throws(SessionFailure) -> Bool {
        try draft.extend(
            with: events, at: now, limits: services.configuration.sessionLimits, hasher: services.ports.hasher)
    }

    /// Adds a command's own events, or what is recorded where they do not fit; false if nothing fits.
    private func extend(
        _ draft: inout ChangeDraft, with events: [any SessionEvent], or command: any SessionCommand, at now: Timestamp
    ) throws(SessionFailure) -> Bool {
        if try extend(&draft, with: events, at: now) { return true }
        for events in command.alternatives(for: draft.state, under: services.configuration.sessionLimits) {
            if try extend(&draft, with: events, at: now) { return true }
        }
        return false
    }

    /// What an earlier request with the same key brought about, if there was one.
    private func replay(of claim: IdempotencyClaim) async throws(SessionFailure) -> CommandOutcome? {
        let found: IdempotencyRecord?
        do {
            found = try await services.ports.journal.idempotencyRecord(claim.key, in: identity.scope)
        } catch {
            throw SessionFailure(error)
        }
        return try found.map { (record) throws(SessionFailure) in try replayed(record, claim: claim) }
    }

    /// The outcome of the request that used the key first.
    ///
    /// - Throws: `sessionExists` when that request started another session than this one, which is then the answer.
    func replayed(
        _ record: IdempotencyRecord, claim: IdempotencyClaim
    ) throws(SessionFailure) -> CommandOutcome {
        guard record.fingerprint == claim.fingerprint else {
            return .rejected(Rejection(.idempotencyMismatch, "the Idempotency-Key was used with another body"))
        }
        guard record.session.key == identity.key else { throw .sessionExists(record.session.key) }
        return .applied(applied(record.reply, before: state, events: [], isReplay: true))
    }

    /// Writes the outcome of a stored command that changes no session; a command that came directly needs nothing.
    func settle(
        _ outcome: CommandOutcome, of envelope: CommandEnvelope
    ) async throws(SessionFailure) -> CommandOutcome {
        guard let stored = envelope.stored else { return outcome }
        let decided = DecidedCommand(id: stored, outcome: StoredOutcome(outcome))
        var sends: [StoredCommand] = []
        if case .rejected(let rejection) = outcome {
            let outgoing = envelope.command.outgoing(from: state, after: rejection)
            sends = self.stored(outgoing, at: services.ports.clock.now())
        }
        let commit = SessionCommit(
            identity: identity, fence: try await currentFence(), expectedHead: state.sequence, events: [],
            summary: summary(of: state), decided: decided, sends: sends)
        if case .told(let other) = try await append(commit, of: envelope) { return other }
        deliver(sends)
        return outcome
    }

    private func oversized(_ events: [any SessionEvent]) -> Rejection {
        let limits = services.configuration.sessionLimits
        let isEvent = events.contains { $0.data(session: identity.id).count > limits.eventBytes }
        return isEvent
            ? Rejection(.eventTooLarge, "an event holds at most \(limits.eventBytes) bytes")
            : Rejection(.stateTooLarge, "a session's state holds at most \(limits.stateBytes) bytes")
    }

    /// The views of what was applied.
    func applied(
        _ reply: CommandReply, before: SessionState, events: [any SessionEvent], isReplay: Bool = false
    ) -> AppliedCommand {
        var request: RequestView?
        if case .request(let id, _) = reply {
            if let open = state.openRequest(id) {
                request = RequestView(
                    request: open.request, session: identity.id, closing: nil, progress: open.progress)
            } else if let open = before.openRequest(id) {
                let closing = events.lazy.compactMap { RequestClosing($0, at: self.state.updatedAt) }.first
                request = RequestView(request: open.request, session: identity.id, closing: closing)
            }
        }
        let isNews =
            before.sequence == 0 || state.ending != nil
            || !before.openRequests.elementsEqual(state.openRequests) { $0.sequence == $1.sequence }
        return AppliedCommand(reply: reply, session: view(), request: request, isNews: isNews, isReplay: isReplay)
    }
}

extension StoredOutcome {
    /// The outcome to write down for what a session made of a command.
    init(_ outcome: CommandOutcome) {
        switch outcome {
        case .applied(let applied): self = .applied(applied.reply)
        case .rejected(let rejection): self = .refused(rejection)
        case .dead(let reason): self = .dead(reason)
        }
    }
}
