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
        let key = madeKey(at: now)
        let id = if let id = start.id { id } else { try made(from: key, options: options, in: scope) }
        let identity = SessionIdentity(scope: scope, key: key, id: id)
        let command = StartSession(
            id: id, agent: start.agent, agentVersion: ready.version,
            program: ready.program, input: start.input, labels: start.labels,
            onBehalfOf: start.onBehalfOf, principal: options.principal)
        let envelope = CommandEnvelope(command: command, idempotency: claim(options, in: scope))
        if storesFirst(options) || !services.tenure.serves(key.shard) {
            return try await store(envelope, for: identity, options: options, request: nil)
        }
        return try await begin(envelope, as: identity, options: options)
    }

    /// A key for a session that starts here: of a shard that is served here, where there is one, so that no other node
    /// has to be asked.
    private func madeKey(at now: Timestamp) -> SessionKey {
        let random = services.ports.entropy.random128()
        guard services.tenure.isShared,
            let shard = services.tenure.servedShard(by: UInt16(truncatingIfNeeded: random.low))
        else { return SessionKey(time: now, random: random) }
        let low = random.low & ~0xff | UInt64(shard.number)
        return SessionKey(time: now, random: Identifier128(high: random.high, low: low))
    }

    package func command(
        _ act: SessionAct, to session: SessionID, in scope: Scope, options: CommandOptions
    ) async throws(GatewayError) -> CommandResult {
        let command = command(for: act, by: options.principal)
        let request = (command as? OpenRequest)?.id
        var envelope = CommandEnvelope(command: command, idempotency: claim(options, in: scope))
        if storesFirst(options), !command.isResume {
            let identity = try await identify(session, in: scope)
            return try await store(envelope, for: identity, options: options, request: request)
        }
        let found: SessionActor
        switch try await place(of: session, in: scope) {
        case .here(let session): found = session
        case .elsewhere(let identity):
            return try await store(envelope, for: identity, options: options, request: request)
        }
        if command.isResume { envelope.liftsQuarantine = try await vouches(envelope, for: found) }
        return try await give(envelope, to: found, options: options, request: request)
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
        switch try await place(of: request, in: scope) {
        case .here(let session, _): return try await give(envelope, to: session, options: options, request: request)
        case .elsewhere(let identity, _):
            return try await store(envelope, for: identity, options: options, request: request)
        }
    }

    /// Gives a command to a session here and now; stores it if the session has just become another node's.
    func give(
        _ envelope: CommandEnvelope, to session: SessionActor, options: CommandOptions, request: RequestID?
    ) async throws(GatewayError) -> CommandResult {
        let outcome: CommandOutcome
        do throws(SessionFailure) {
            outcome = try await directory.perform(envelope, on: session)
        } catch .notOwner where services.tenure.isShared {
            return try await store(envelope, for: session.identity, options: options, request: request)
        } catch {
            throw GatewayError(error)
        }
        return try await result(of: outcome)
    }

    /// Starts a session here and now; finds the one that has the id already.
    private func begin(
        _ envelope: CommandEnvelope, as identity: SessionIdentity, options: CommandOptions
    ) async throws(GatewayError) -> CommandResult {
        let session = await directory.begin(identity)
        let outcome: CommandOutcome
        do throws(SessionFailure) {
            outcome = try await directory.perform(envelope, on: session)
        } catch {
            await directory.dismiss(session)
            switch error {
            case .sessionExists(let key): return try await give(envelope, toExisting: key, as: identity, options)
            case .notOwner where services.tenure.isShared:
                return try await store(envelope, for: identity, options: options, request: nil)
            default: throw GatewayError(error)
            }
        }
        if !outcome.isNewSession { await directory.dismiss(session) }
        return try await result(of: outcome)
    }

    private func give(
        _ envelope: CommandEnvelope, toExisting key: SessionKey, as identity: SessionIdentity,
        _ options: CommandOptions
    ) async throws(GatewayError) -> CommandResult {
        let other = SessionIdentity(scope: identity.scope, key: key, id: identity.id)
        guard services.tenure.serves(key.shard) else {
            return try await store(envelope, for: other, options: options, request: nil)
        }
        let found: SessionActor?
        do {
            found = try await directory.session(key, in: identity.scope)
        } catch .newer where services.tenure.isShared {
            return try await store(envelope, for: other, options: options, request: nil)
        } catch {
            throw GatewayError(error)
        }
        guard let found else { throw GatewayError(.unavailable("the session is not readable yet")) }
        return try await give(envelope, to: found, options: options, request: nil)
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

    /// Whether an operator's word is to lift the mark of quarantine.
    ///
    /// The mark is that of the store: a session in memory may not have learnt yet of one that was made there. A
    /// repetition of an earlier word says nothing about a mark that was made since.
    private func vouches(
        _ envelope: CommandEnvelope, for session: SessionActor
    ) async throws(GatewayError) -> Bool {
        let journal = services.ports.journal
        let identity = session.identity
        return try await reading { () throws(JournalError) in
            let mark = try await journal.load(identity.key, in: identity.scope, usingSnapshot: true)?.quarantine
            guard mark != nil, let claim = envelope.idempotency else { return mark != nil }
            return try await journal.idempotencyRecord(claim.key, in: identity.scope) == nil
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
