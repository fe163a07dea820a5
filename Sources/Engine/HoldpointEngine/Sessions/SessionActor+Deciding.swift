import HoldpointCore
import HoldpointPorts
import JSON

extension SessionActor {
    /// Decides one command within a turn, and commits what follows.
    func decide(_ envelope: CommandEnvelope) async throws(SessionFailure) -> CommandOutcome {
        if let claim = envelope.idempotency, let replayed = try await replay(of: claim) {
            return try await settle(replayed, of: envelope)
        }
        let now = max(services.ports.clock.now(), state.updatedAt)
        switch try await decision(of: envelope.command, now: now) {
        case .reject(let rejection):
            return try await settle(.rejected(rejection), of: envelope)
        case .needs:
            return try await settle(
                .rejected(Rejection(.invalidInput, "the command asks for too many rounds of expressions")),
                of: envelope)
        case .accept(let events, let reply):
            guard let prepared = try prepare(events, of: envelope, reply: reply, now: now) else {
                return try await settle(.rejected(oversized(events)), of: envelope)
            }
            return try await commit(prepared, of: envelope, reply: reply)
        }
    }

    /// Runs the pure decision, evaluating expressions between rounds; nothing is committed in between.
    private func decision(of command: any SessionCommand, now: Timestamp) async throws(SessionFailure) -> Decision {
        var values: [JSONValue] = []
        for _ in 0..<services.configuration.expressionRounds {
            let context = DecisionContext(
                now: now, hasher: services.ports.hasher, limits: services.configuration.sessionLimits, values: values)
            let decision = command.decide(state, in: context)
            guard case .needs(let expressions) = decision else { return decision }
            do {
                values += try await services.ports.expressions.evaluate(expressions)
            } catch {
                throw .failed(error.detail)
            }
        }
        return .needs([])
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
    private func settle(
        _ outcome: CommandOutcome, of envelope: CommandEnvelope
    ) async throws(SessionFailure) -> CommandOutcome {
        guard let stored = envelope.stored else { return outcome }
        let decided = DecidedCommand(id: stored, outcome: StoredOutcome(outcome))
        let commit = SessionCommit(
            identity: identity, fence: try await currentFence(), expectedHead: state.sequence, events: [],
            summary: summary(of: state), decided: decided)
        if case .told(let other) = try await append(commit, of: envelope) { return other }
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
                request = RequestView(request: open.request, session: identity.id, closing: nil)
            } else if let open = before.openRequest(id) {
                let closing = events.lazy.compactMap { RequestClosing($0, at: self.state.updatedAt) }.first
                request = RequestView(request: open.request, session: identity.id, closing: closing)
            }
        }
        let isNews =
            before.sequence == 0 || state.ending != nil || before.openRequests.count != state.openRequests.count
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
