import HoldpointCore
import HoldpointPorts

extension HITLRouter {
    /// Lets the session decide that a stored command is for.
    func carryOut(_ command: StoredCommand) async throws(SessionFailure) -> CommandOutcome {
        var envelope = try codec.open(command)
        let identity = command.session
        if let start = envelope.command as? StartChild {
            guard try await isAwaited(start, in: identity.scope) else { return try await drop(command) }
            switch try await ChildStarter(services: services).resolve(start, in: identity.scope) {
            case .start(let resolved): envelope.command = resolved
            case .refused(let error): return try await refuse(command, start, error)
            }
        }
        let found = try await directory.session(identity.key, in: identity.scope)
        if envelope.command is ResumeSession, let found { envelope.liftsQuarantine = try await isMarked(found) }
        do throws(SessionFailure) {
            // Whoever starts a session and ends it soon after would find it running: the start goes first.
            if !(envelope.command is StartSession), await found?.isStarted != true,
                try await isStartUndecided(of: identity)
            {
                throw .unavailable("the session's start is not decided yet")
            }
            if let found { return try await directory.perform(envelope, on: found) }
            return try await begin(identity, with: envelope)
        } catch .sessionExists(let key) {
            guard services.tenure.serves(key.shard) else { return try await judge(command, envelope, beside: key) }
            guard let other = try await directory.session(key, in: identity.scope) else {
                throw .unavailable("the session is not readable yet")
            }
            return try await directory.perform(envelope, on: other)
        }
    }

    /// Gives a start its outcome whose id a session of another node has: from what that session has committed.
    ///
    /// Such a start changes nothing, whatever it comes to, so it need not be decided where that session is.
    private func judge(
        _ command: StoredCommand, _ envelope: CommandEnvelope, beside key: SessionKey
    ) async throws(SessionFailure) -> CommandOutcome {
        let scope = command.session.scope
        let journal = services.ports.journal
        let loader = SessionLoader(journal: journal, hasher: services.ports.hasher, counters: services.counters)
        guard let other = try await loader.load(key, in: scope) else {
            throw .unavailable("the session is not readable yet")
        }
        let context = DecisionContext(
            now: services.ports.clock.now(), hasher: services.ports.hasher,
            limits: services.configuration.sessionLimits, seed: services.ports.entropy.random128())
        var outcome: CommandOutcome
        switch envelope.command.decide(other.state, in: context) {
        case .accept(let events, let reply) where events.isEmpty:
            let view = SessionView(state: other.state, quarantine: other.quarantine)
            outcome = .applied(
                AppliedCommand(reply: reply, session: view, request: nil, isNews: false, isReplay: false))
        case .reject(let rejection): outcome = .rejected(rejection)
        case .accept, .needs, .needsPolicy, .needsCounters:
            throw .failed("the start of a session that is there cannot be judged")
        }
        do throws(JournalError) {
            if let claim = envelope.idempotency,
                let earlier = try await journal.idempotencyRecord(claim.key, in: scope),
                earlier.fingerprint != claim.fingerprint
            {
                outcome = .rejected(
                    Rejection(.idempotencyMismatch, "the Idempotency-Key was used with another body"))
            }
            if case .rejected(let rejection) = outcome {
                for outgoing in envelope.command.outgoing(
                    from: SessionState(identity: command.session), after: rejection)
                { try await send(outgoing.command, to: outgoing.session) }
            }
            let decided = DecidedCommand(id: command.id, outcome: StoredOutcome(outcome))
            _ = try await journal.decide(decided, in: scope)
        } catch {
            throw SessionFailure(error)
        }
        return outcome
    }

    /// Whether the parent still waits for the child; if it ended or gave it up meanwhile, nobody needs it.
    private func isAwaited(_ start: StartChild, in scope: Scope) async throws(SessionFailure) -> Bool {
        let key = start.parent.key
        guard services.tenure.serves(key.shard) else {
            // Another node decides for the parent: what it has committed tells, and the start came with it.
            let loader = SessionLoader(
                journal: services.ports.journal, hasher: services.ports.hasher, counters: services.counters)
            let parent = try await loader.load(key, in: scope)?.state
            return parent?.workflow?.children.contains { $0.id == start.parent.effect } == true
        }
        guard let parent = try await directory.session(key, in: scope) else { return false }
        return try await parent.awaits(child: start.parent.effect)
    }

    /// Whether the store has a mark of quarantine, which the operator's word that is carried out lifts.
    private func isMarked(_ session: SessionActor) async throws(SessionFailure) -> Bool {
        let identity = session.identity
        do {
            let stored = try await services.ports.journal.load(identity.key, in: identity.scope, usingSnapshot: true)
            return stored?.quarantine != nil
        } catch {
            throw SessionFailure(error)
        }
    }

    private func drop(_ command: StoredCommand) async throws(SessionFailure) -> CommandOutcome {
        try await settle(command, Rejection(.sessionFinished, "the workflow that wanted it does not wait for it"))
    }

    /// Whether a session that has not begun has a stored start without an outcome.
    private func isStartUndecided(of identity: SessionIdentity) async throws(SessionFailure) -> Bool {
        do {
            let waiting = try await services.ports.journal.undecided(
                of: identity.key, in: identity.scope, limit: services.configuration.sweepPage)
            return waiting.contains { [StartSession.kind, StartChild.kind].contains($0.kind) }
        } catch {
            throw SessionFailure(error)
        }
    }

    /// Tells the parent of a child that cannot start, and then gives the start its outcome: twice is as good as once.
    private func refuse(
        _ command: StoredCommand, _ start: StartChild, _ error: WorkflowError
    ) async throws(SessionFailure) -> CommandOutcome {
        let ending = EndChild(child: start.parent.effect, ending: .failed(error.json))
        if services.tenure.serves(start.parent.key.shard) {
            if let parent = try await directory.session(start.parent.key, in: command.session.scope) {
                guard case .applied = try await directory.perform(CommandEnvelope(command: ending), on: parent) else {
                    // A parent in quarantine learns it when an operator has resumed it.
                    throw .unavailable("the session's parent cannot be told now")
                }
            }
        } else {
            let parent = SessionIdentity(
                scope: command.session.scope, key: start.parent.key, id: start.parent.session)
            do throws(JournalError) {
                try await send(ending, to: parent)
            } catch {
                throw SessionFailure(error)
            }
        }
        return try await settle(command, Rejection(.agentUnknown, error.detail ?? "the workflow cannot start"))
    }

    /// Gives a command up, and tells the parent if it was to start a child: else that would wait for ever.
    ///
    /// - Parameter isSuspect: whether the command may be what killed the process: then it gets its outcome before
    ///   anybody looks into it again.
    func giveUp(
        _ command: StoredCommand, for reason: String, isSuspect: Bool = false
    ) async throws(JournalError) {
        let dead = DecidedCommand(id: command.id, outcome: .dead(reason))
        if isSuspect { _ = try await services.ports.journal.decide(dead, in: command.session.scope) }
        if let start = (try? codec.open(command))?.command as? StartChild {
            let error = WorkflowError(starting: start.child, .runtime, "it could not be started: \(reason)")
            let parent = SessionIdentity(
                scope: command.session.scope, key: start.parent.key, id: start.parent.session)
            try await send(EndChild(child: start.parent.effect, ending: .failed(error.json)), to: parent)
        }
        if !isSuspect { _ = try await services.ports.journal.decide(dead, in: command.session.scope) }
    }

    /// Gives a stored command its outcome where no session decides it.
    private func settle(
        _ command: StoredCommand, _ rejection: Rejection
    ) async throws(SessionFailure) -> CommandOutcome {
        do {
            let refused = DecidedCommand(id: command.id, outcome: .refused(rejection))
            _ = try await services.ports.journal.decide(refused, in: command.session.scope)
        } catch {
            throw SessionFailure(error)
        }
        return .rejected(rejection)
    }

    /// Starts a session; lets it go again if it was not begun here after all.
    private func begin(
        _ identity: SessionIdentity, with envelope: CommandEnvelope
    ) async throws(SessionFailure) -> CommandOutcome {
        let begun = await directory.begin(identity)
        do {
            let outcome = try await directory.perform(envelope, on: begun)
            if !outcome.isNewSession { await directory.dismiss(begun) }
            return outcome
        } catch {
            await directory.dismiss(begun)
            throw error
        }
    }

    /// Stores a command for a session that another node decides for; twice is as good as once.
    private func send(
        _ command: any SessionCommand, to session: SessionIdentity
    ) async throws(JournalError) {
        let now = services.ports.clock.now()
        let sealed = codec.seal(
            command,
            as: StoredCommandID(Identifier128(time: now, random: services.ports.entropy.random128())),
            for: session, idempotency: nil, receivedAt: now)
        try await services.ports.journal.store(sealed)
        services.ports.streams.deliver(
            CommandDelivery(command: sealed.id, session: session, isAnswer: false))
    }
}
