package import HoldpointCore
package import HoldpointPorts
import JSON

extension Engine {
    package func start(
        _ start: SessionStart, in scope: Scope, options: CommandOptions
    ) async throws(GatewayError) -> CommandResult {
        let ready = try await reading { () throws(JournalError) in
            try await self.access.agent(start.agent, in: scope)
        }
        guard let ready else {
            let violation = JSONViolation(
                pointer: JSONPointer.root.appending("agent"), detail: "is not an agent of this project")
            throw .rejected(Rejection(.agentUnknown, "there is no such agent", violations: [violation]))
        }
        if let violations = ready.inputSchema?.validate(start.input), !violations.isEmpty {
            let base = JSONPointer.root.appending("input")
            throw .rejected(
                Rejection(
                    .invalidInput, "the input does not fit the agent's schema",
                    violations: violations.map { $0.moved(under: base) }))
        }
        // A call would send the secret wherever the workflow sends the input: only a document may name one.
        if ready.program == .workflow, start.input.holdsSecretHandle {
            let violation = JSONViolation(
                pointer: JSONPointer.root.appending("input"), detail: "holds the handle of a secret")
            throw .rejected(Rejection(.invalidInput, "the input may not name a secret", violations: [violation]))
        }
        let now = services.ports.clock.now()
        let key = SessionKey(time: now, random: services.ports.entropy.random128())
        let id = if let id = start.id { id } else { try made(from: key, options: options, in: scope) }
        let identity = SessionIdentity(scope: scope, key: key, id: id)
        let command = StartSession(
            id: id, agent: start.agent, agentVersion: ready.version,
            program: ready.program, input: start.input, labels: start.labels,
            onBehalfOf: start.onBehalfOf, principal: options.principal)
        let envelope = CommandEnvelope(command: command, idempotency: claim(options, in: scope))
        if storesFirst(options) {
            return try await store(envelope, for: identity, options: options, request: nil)
        }
        return try await begin(envelope, as: identity)
    }

    package func command(
        _ act: SessionAct, to session: SessionID, in scope: Scope, options: CommandOptions
    ) async throws(GatewayError) -> CommandResult {
        let command = command(for: act, by: options.principal)
        let request = (command as? OpenRequest)?.id
        let envelope = CommandEnvelope(command: command, idempotency: claim(options, in: scope))
        if storesFirst(options), !command.isResume {
            let identity = try await identify(session, in: scope)
            return try await store(envelope, for: identity, options: options, request: request)
        }
        let found = try await locate(session, in: scope)
        guard command.isResume else { return try await give(envelope, to: found) }
        // As the store has it: a session in memory may not have learnt yet of a mark that was made there.
        let identity = found.identity
        let mark = try await reading { () throws(JournalError) in
            try await self.services.ports.journal.load(identity.key, in: scope, usingSnapshot: true)?.quarantine
        }
        if mark != nil { try await release(found, unlessDone: envelope) }
        return try await give(envelope, to: found)
    }

    package func withdraw(
        _ request: RequestID, reason: String?, in scope: Scope, options: CommandOptions
    ) async throws(GatewayError) -> CommandResult {
        let command = WithdrawRequest(request: request, reason: reason, principal: options.principal)
        let envelope = CommandEnvelope(command: command, idempotency: claim(options, in: scope))
        if storesFirst(options) {
            let identity = try await identify(request, in: scope).session
            return try await store(envelope, for: identity, options: options, request: request)
        }
        return try await give(envelope, to: try await locate(request, in: scope).session)
    }

    /// Gives a command to a session here and now.
    func give(
        _ envelope: CommandEnvelope, to session: SessionActor
    ) async throws(GatewayError) -> CommandResult {
        let outcome: CommandOutcome
        do {
            outcome = try await directory.perform(envelope, on: session)
        } catch {
            throw GatewayError(error)
        }
        return try await result(of: outcome)
    }

    /// Starts a session here and now; finds the one that has the id already.
    private func begin(
        _ envelope: CommandEnvelope, as identity: SessionIdentity
    ) async throws(GatewayError) -> CommandResult {
        let session = await directory.begin(identity)
        let outcome: CommandOutcome
        do throws(SessionFailure) {
            outcome = try await directory.perform(envelope, on: session)
        } catch {
            await directory.dismiss(session)
            guard case .sessionExists(let key) = error else { throw GatewayError(error) }
            let other = try await existing(key, in: identity.scope)
            return try await give(envelope, to: other)
        }
        if !outcome.isNewSession { await directory.dismiss(session) }
        return try await result(of: outcome)
    }

    private func existing(_ key: SessionKey, in scope: Scope) async throws(GatewayError) -> SessionActor {
        do {
            if let found = try await directory.session(key, in: scope) { return found }
        } catch {
            throw GatewayError(error)
        }
        throw GatewayError(.unavailable("the session is not readable yet"))
    }

    private func command(for act: SessionAct, by principal: Principal) -> any SessionCommand {
        switch act {
        case .message(let content): ReceiveMessage(content: content, principal: principal)
        case .step(let name, let data): RecordStep(name: name, stepData: data, principal: principal)
        case .openRequest(let draft):
            OpenRequest(
                id: RequestID(time: services.ports.clock.now(), random: services.ports.entropy.random128()),
                draft: draft, principal: principal)
        case .pause(let reason): PauseSession(reason: reason, principal: principal)
        case .resume(let reason): ResumeSession(reason: reason, principal: principal)
        case .cancel(let reason): CancelSession(reason: reason, principal: principal)
        case .complete(let output): CompleteSession(output: output, principal: principal)
        case .fail(let error): FailSession(error: error, principal: principal)
        }
    }

    /// Lifts the mark of quarantine: an operator vouches for the session.
    ///
    /// A repetition of an earlier word says nothing about a mark that was made since.
    private func release(
        _ session: SessionActor, unlessDone envelope: CommandEnvelope
    ) async throws(GatewayError) {
        if let claim = envelope.idempotency {
            let scope = session.identity.scope
            let done = try await reading { () throws(JournalError) in
                try await self.services.ports.journal.idempotencyRecord(claim.key, in: scope)
            }
            if done != nil { return }
        }
        do {
            try await session.setQuarantine(nil)
        } catch {
            throw GatewayError(error)
        }
    }

    /// The id of a session whose caller chose none: from the key against repetition if there is one, so that two
    /// starts under one key are one session wherever they are decided; else from the internal key.
    private func made(
        from key: SessionKey, options: CommandOptions, in scope: Scope
    ) throws(GatewayError) -> SessionID {
        let text = options.idempotencyKey.map {
            String(services.ports.secretBox.fingerprint(Array($0.utf8), context: "session id \(scope)").prefix(32))
        }
        do {
            return try SessionID(text ?? key.description)
        } catch {
            throw .unavailable("\(error)", retryAfter: .seconds(1))
        }
    }

    /// The caller's key, with a fingerprint of the body that cannot be checked by guessing (I9).
    func claim(_ options: CommandOptions, in scope: Scope) -> IdempotencyClaim? {
        options.idempotencyKey.map { key in
            IdempotencyClaim(
                key: key,
                fingerprint: services.ports.secretBox.fingerprint(options.body, context: "body \(scope) \(key)"))
        }
    }
}

extension SessionCommand {
    /// Whether this is an operator's word, which a quarantined session takes too.
    fileprivate var isResume: Bool { self is ResumeSession }
}

extension CommandOutcome {
    /// Whether a session came into being.
    var isNewSession: Bool {
        if case .applied(let applied) = self, applied.session.state.isStarted { true } else { false }
    }
}

extension JSONViolation {
    /// The same violation in a value that holds the judged one at `base`.
    func moved(under base: JSONPointer) -> JSONViolation {
        JSONViolation(pointer: pointer.tokens.reduce(base) { $0.appending($1) }, detail: detail)
    }
}
