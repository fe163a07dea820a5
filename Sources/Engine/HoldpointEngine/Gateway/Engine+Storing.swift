import HoldpointCore
import HoldpointPorts

extension Engine {
    /// Whether a command is to be stored before it is decided.
    func storesFirst(_ options: CommandOptions) -> Bool {
        options.respondAsync || life.storesFirst(at: services.ports.clock.now())
    }

    /// Stores a command (I3); waits a while for its outcome unless the caller asked not to.
    func store(
        _ envelope: CommandEnvelope, for session: SessionIdentity, options: CommandOptions, request: RequestID?
    ) async throws(GatewayError) -> CommandResult {
        if life.isStopping { throw .unavailable("the node is stopping", retryAfter: .seconds(2)) }
        if !(envelope.command is ResumeSession), let reason = try await quarantine(of: session) {
            throw .rejected(.quarantined(reason))
        }
        let now = services.ports.clock.now()
        let id = StoredCommandID(Identifier128(time: now, random: services.ports.entropy.random128()))
        let command = StoredCommandCodec(secretBox: services.ports.secretBox).seal(
            envelope.command, as: id, for: session, idempotency: envelope.idempotency, receivedAt: now)
        let outcome = options.respondAsync ? nil : await router.watch(id, in: session.scope)
        do {
            try await services.ports.journal.store(command)
        } catch {
            if let outcome { await router.unwatch(id, outcome) }
            throw GatewayError(SessionFailure(error))
        }
        services.ports.streams.deliver(
            CommandDelivery(
                command: id, session: session, isAnswer: command.isAnswer,
                origin: outcome == nil ? nil : services.configuration.node))
        let stored = CommandResult.stored(id, session: session.id, request: request)
        guard let outcome else { return stored }
        let deadline = now.adding(milliseconds: services.configuration.outcomeWaitMilliseconds)
        await outcome.wait(until: deadline, clock: services.ports.clock)
        await router.unwatch(id, outcome)
        return try await told(id, of: session, request: request) ?? stored
    }

    /// Why a session is quarantined, read without folding it; stored, its commands would wait for an operator unsaid.
    private func quarantine(of session: SessionIdentity) async throws(GatewayError) -> String? {
        if let resident = await directory.resident(session.id, in: session.scope) {
            return await resident.view().quarantine
        }
        return try await reading { () throws(JournalError) in
            try await self.services.ports.journal.load(session.key, in: session.scope, usingSnapshot: true)?.quarantine
        }
    }

    /// What became of a stored command, in the form of a direct reply; nil while it waits.
    private func told(
        _ id: StoredCommandID, of session: SessionIdentity, request: RequestID?
    ) async throws(GatewayError) -> CommandResult? {
        let found = try await reading { () throws(JournalError) in
            try await self.services.ports.journal.storedCommand(id, in: session.scope)
        }
        switch found?.outcome {
        case nil: return nil
        case .refused(let rejection): throw .rejected(rejection)
        case .dead(let reason): throw .rejected(Rejection(.commandDead, reason))
        case .applied(.session(let isNew)):
            return .session(try await self.session(session.id, in: session.scope), isNew: isNew, isReplay: false)
        case .applied(.request(let request, let isNew)):
            return .request(try await self.request(request, in: session.scope), isNew: isNew, isReplay: false)
        }
    }

    /// A session's outcome in the form of a reply.
    func result(of outcome: CommandOutcome) async throws(GatewayError) -> CommandResult {
        switch outcome {
        case .rejected(let rejection): throw .rejected(rejection)
        case .dead(let reason): throw .rejected(Rejection(.commandDead, reason))
        case .applied(let applied):
            switch applied.reply {
            case .session(let isNew):
                return .session(applied.session, isNew: isNew, isReplay: applied.isReplay)
            case .request(let id, let isNew):
                if let request = applied.request { return .request(request, isNew: isNew, isReplay: applied.isReplay) }
                let request = try await request(id, in: applied.session.state.identity.scope)
                return .request(request, isNew: isNew, isReplay: applied.isReplay)
            }
        }
    }
}
