import HoldpointCore
import HoldpointPorts
import JSON

extension Engine {
    /// The session that a caller names; 404 if the scope has none (I5).
    func locate(_ id: SessionID, in scope: Scope) async throws(GatewayError) -> SessionActor {
        do {
            if let found = try await directory.session(id, in: scope) { return found }
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

    /// The session of a request that a caller names, and what the request asks; 404 if the scope has none (I5).
    func locate(
        _ request: RequestID, in scope: Scope
    ) async throws(GatewayError) -> (session: SessionActor, question: any RequestQuestion) {
        if let resident = await directory.session(holding: request, in: scope),
            let open = await resident.openRequest(request)
        {
            return (resident, open.question)
        }
        let found = try await reading { () throws(JournalError) in
            try await self.services.ports.journal.request(request, in: scope)
        }
        guard let found else { throw .rejected(Rejection(.requestNotFound, "there is no such request")) }
        let view = try view(of: found)
        do {
            if let session = try await directory.session(found.session.key, in: scope) {
                return (session, view.request.question)
            }
        } catch {
            throw GatewayError(error)
        }
        throw .rejected(Rejection(.requestNotFound, "there is no such request"))
    }

    /// A session folded from the store, without keeping it in memory.
    func stored(_ key: SessionKey, in scope: Scope) async throws(GatewayError) -> SessionView? {
        let loader = SessionLoader(
            journal: services.ports.journal, hasher: services.ports.hasher, counters: services.counters)
        do {
            return try await loader.load(key, in: scope).map { SessionView(state: $0.state, quarantine: $0.quarantine) }
        } catch {
            throw GatewayError(error)
        }
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
