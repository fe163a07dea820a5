import HoldpointCore
import HoldpointPorts
import JSON

extension Engine {
    /// The session that a caller names, where it is decided for; 404 if the scope has none (I5).
    func place(of id: SessionID, in scope: Scope) async throws(GatewayError) -> SessionPlace {
        if services.tenure.isShared {
            let identity: SessionIdentity
            if let resident = await directory.resident(id, in: scope) {
                identity = resident.identity
            } else {
                identity = try await identify(id, in: scope)
            }
            if !services.tenure.serves(identity.key.shard) { return .elsewhere(identity) }
        }
        do {
            if let found = try await directory.session(id, in: scope) { return .here(found) }
        } catch .newer where services.tenure.isShared {
            // Whoever can decide is another node, or will be: stored, the command waits for it.
            return .elsewhere(try await identify(id, in: scope))
        } catch .failed(let reason) {
            throw .rejected(.quarantined(reason))
        } catch {
            throw GatewayError(error)
        }
        throw .rejected(Rejection(.sessionNotFound, "there is no such session"))
    }

    /// The session that a caller names, without folding it: after an unclean death its log may be what kills (I10).
    func identify(_ id: SessionID, in scope: Scope) async throws(GatewayError) -> SessionIdentity {
        let found = try await reading { () throws(JournalError) in
            try await self.services.ports.journal.find(id, in: scope)
        }
        guard let found else { throw .rejected(Rejection(.sessionNotFound, "there is no such session")) }
        return found
    }

    /// The session of a request that a caller names, and what the request asks, without folding the session.
    func identify(
        _ request: RequestID, in scope: Scope
    ) async throws(GatewayError) -> (session: SessionIdentity, question: any RequestQuestion) {
        let found = try await reading { () throws(JournalError) in
            try await self.services.ports.journal.request(request, in: scope)
        }
        guard let found else { throw .rejected(Rejection(.requestNotFound, "there is no such request")) }
        return (found.session, try view(of: found).request.question)
    }

    /// The session of a request that a caller names, where it is decided for, and what the request asks; 404 if the
    /// scope has none (I5).
    func place(of request: RequestID, in scope: Scope) async throws(GatewayError) -> RequestPlace {
        if let resident = await directory.session(holding: request, in: scope),
            services.tenure.serves(resident.identity.key.shard), let open = await resident.openRequest(request)
        {
            return .here(resident, open.request.question)
        }
        let (identity, question) = try await identify(request, in: scope)
        if !services.tenure.serves(identity.key.shard) { return .elsewhere(identity, question) }
        do {
            if let session = try await directory.session(identity.key, in: scope) { return .here(session, question) }
        } catch .newer where services.tenure.isShared {
            return .elsewhere(identity, question)
        } catch {
            throw GatewayError(error)
        }
        throw .rejected(Rejection(.requestNotFound, "there is no such request"))
    }

    /// A session folded from the store, without keeping it in memory.
    func stored(_ key: SessionKey, in scope: Scope) async throws(GatewayError) -> SessionView? {
        do {
            return try await folded(key, in: scope)
        } catch {
            throw GatewayError(error)
        }
    }

    /// The same, with what kept it from being folded.
    func folded(_ key: SessionKey, in scope: Scope) async throws(SessionFailure) -> SessionView? {
        let loader = SessionLoader(
            journal: services.ports.journal, hasher: services.ports.hasher, counters: services.counters)
        return try await loader.load(key, in: scope).map { SessionView(state: $0.state, quarantine: $0.quarantine) }
    }

    /// A request as the store's projection and its events have it.
    func view(of record: RequestRecord) throws(GatewayError) -> RequestView {
        do {
            let opened = try JSONParser.parse(record.opened, limits: EventRegistry.recordedLimits)
            let closing = try record.closed.flatMap { event in
                try EventRegistry.event(named: event.type.text, data: event.data).flatMap {
                    RequestClosing($0, at: event.time)
                }
            }
            return RequestView(
                request: try HumanRequest(recorded: opened), session: record.session.id, closing: closing)
        } catch {
            throw .rejected(Rejection(.commandDead, "what is stored of the request cannot be read"))
        }
    }
}

/// Where a session is decided for.
enum SessionPlace {
    /// At this node, and here it is.
    case here(SessionActor)
    /// At another node, or at none yet.
    case elsewhere(SessionIdentity)
}

/// Where a request's session is decided for, and what the request asks.
enum RequestPlace {
    /// At this node, and here the session is.
    case here(SessionActor, any RequestQuestion)
    /// At another node, or at none yet.
    case elsewhere(SessionIdentity, any RequestQuestion)
}
