package import HoldpointCore
package import HoldpointPorts
import JSON

extension Engine {
    package func session(_ id: SessionID, in scope: Scope) async throws(GatewayError) -> SessionView {
        if let resident = await directory.resident(id, in: scope) {
            let view = await resident.view()
            if view.state.isStarted { return view }
        }
        let identity = try await reading { () throws(JournalError) in
            try await self.services.ports.journal.find(id, in: scope)
        }
        guard let identity, let view = try await stored(identity.key, in: scope) else {
            throw .rejected(Rejection(.sessionNotFound, "there is no such session"))
        }
        return view
    }

    package func session(
        _ id: SessionID, in scope: Scope, waiting: Duration
    ) async throws(GatewayError) -> SessionView {
        let deadline = services.ports.clock.now().adding(milliseconds: waiting.milliseconds)
        var view = try await session(id, in: scope)
        while view.status == .running, services.ports.clock.now() < deadline {
            let identity = view.state.identity
            let change = await hub.awaitChange(of: identity, since: view.state.sequence)
            // It may have changed between the look and the registration.
            let now = try await session(id, in: scope)
            if now.state.sequence == view.state.sequence {
                await change.wait(until: deadline, clock: services.ports.clock)
            }
            await hub.forget(change, of: identity)
            view = try await session(id, in: scope)
        }
        return view
    }

    package func sessions(
        status: SessionStatus?, agent: AgentName?, cursor: String?, limit: Int, in scope: Scope
    ) async throws(GatewayError) -> Page<SessionView> {
        var query = SessionQuery(status: status, agent: agent, limit: limit + 1)
        if let cursor {
            guard let place = Identifier128(hexadecimal: cursor) else { throw .invalidCursor }
            query.before = SessionKey(place)
        }
        let found = try await reading { () throws(JournalError) in
            try await self.services.ports.journal.sessions(query, in: scope)
        }
        var items: [SessionView] = []
        for identity in found.prefix(limit) {
            if let view = try await stored(identity.key, in: scope) { items.append(view) }
        }
        let last = found.prefix(limit).last
        return Page(items: items, nextCursor: found.count > limit ? last?.key.description : nil)
    }

    package func events(
        of id: SessionID, in scope: Scope, after sequence: Int64, limit: Int
    ) async throws(GatewayError) -> Page<WireEvent> {
        let identity = try await reading { () throws(JournalError) in
            try await self.services.ports.journal.find(id, in: scope)
        }
        guard let identity else { throw .rejected(Rejection(.sessionNotFound, "there is no such session")) }
        let found = try await reading { () throws(JournalError) in
            try await self.services.ports.journal.events(
                of: identity.key, in: scope, after: sequence, limit: limit + 1)
        }
        let page = found.prefix(limit)
        return Page(
            items: page.map { WireEvent($0, of: id) },
            nextCursor: found.count > limit ? page.last.map { String($0.sequence) } : nil)
    }

    package func request(_ id: RequestID, in scope: Scope) async throws(GatewayError) -> RequestView {
        let found = try await reading { () throws(JournalError) in
            try await self.services.ports.journal.request(id, in: scope)
        }
        guard let found else { throw .rejected(Rejection(.requestNotFound, "there is no such request")) }
        return try view(of: found)
    }

    package func request(
        _ id: RequestID, in scope: Scope, waiting: Duration
    ) async throws(GatewayError) -> RequestView {
        let deadline = services.ports.clock.now().adding(milliseconds: waiting.milliseconds)
        var view = try await request(id, in: scope)
        while view.status == .pending, services.ports.clock.now() < deadline {
            let session = try await session(view.session, in: scope)
            let change = await hub.awaitChange(of: session.state.identity, since: session.state.sequence)
            view = try await request(id, in: scope)
            if view.status == .pending { await change.wait(until: deadline, clock: services.ports.clock) }
            await hub.forget(change, of: session.state.identity)
            view = try await request(id, in: scope)
        }
        return view
    }

    package func requests(
        status: RequestStatus?, type: RequestType?, session: SessionID?, cursor: String?, limit: Int, in scope: Scope
    ) async throws(GatewayError) -> Page<RequestView> {
        var query = RequestQuery(status: status, type: type, limit: limit + 1)
        if let cursor {
            guard let place = RequestID(cursor) else { throw .invalidCursor }
            query.before = place
        }
        if let session {
            let identity = try await reading { () throws(JournalError) in
                try await self.services.ports.journal.find(session, in: scope)
            }
            guard let identity else { return Page(items: [], nextCursor: nil) }
            query.session = identity.key
        }
        let found = try await reading { () throws(JournalError) in
            try await self.services.ports.journal.requests(query, in: scope)
        }
        var items: [RequestView] = []
        for record in found.prefix(limit) { items.append(try view(of: record)) }
        return Page(items: items, nextCursor: found.count > limit ? items.last?.request.id.description : nil)
    }

    package func storedCommand(
        _ id: StoredCommandID, in scope: Scope
    ) async throws(GatewayError) -> StoredCommandView {
        let found = try await reading { () throws(JournalError) in
            try await self.services.ports.journal.storedCommand(id, in: scope)
        }
        guard let found else { throw .rejected(Rejection(.commandNotFound, "there is no such command")) }
        return found
    }
}

extension GatewayError {
    static let invalidCursor = GatewayError.rejected(Rejection(.cursorInvalid, "the cursor is not one of this list"))
}

extension Duration {
    /// Whole milliseconds, rounded down.
    var milliseconds: Int64 { components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000 }
}
