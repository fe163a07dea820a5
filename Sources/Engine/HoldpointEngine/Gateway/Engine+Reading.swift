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
        var seen = view.state.sequence
        // Whoever has left waits for nothing any more.
        while view.status == .running, services.ports.clock.now() < deadline, !Task.isCancelled {
            let identity = view.state.identity
            let change = await hub.awaitChange(of: identity, since: seen)
            // It may have changed between the look and the registration.
            view = try await session(id, in: scope)
            if view.status == .running, view.state.sequence <= seen {
                await change.wait(until: deadline, clock: services.ports.clock)
                view = try await session(id, in: scope)
            }
            await hub.forget(change, of: identity)
            // News that this node cannot read yet must not be waited for again and again.
            seen = max(view.state.sequence, seen + 1)
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
        var bytes = 0
        var last: SessionKey?
        for identity in found.prefix(limit) where bytes < JournalPage.bytes {
            if let view = try await listed(identity) {
                bytes += view.state.heldBytes
                items.append(view)
            }
            last = identity.key
        }
        let hasMore = found.count > limit || last != found.prefix(limit).last?.key
        return Page(items: items, nextCursor: hasMore ? last?.description : nil)
    }

    /// A session for a list: one that cannot be read must not hide the others.
    ///
    /// One that only a later release can read is left out, since nothing is wrong with it.
    private func listed(_ identity: SessionIdentity) async throws(GatewayError) -> SessionView? {
        let unreadable = SessionView(
            state: SessionState(identity: identity), quarantine: "what is stored of it cannot be read")
        do {
            return try await folded(identity.key, in: identity.scope) ?? unreadable
        } catch .newer {
            return nil
        } catch .failed {
            return unreadable
        } catch {
            throw GatewayError(error)
        }
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
        let hasMore = found.count > limit || JournalPage.isFull(found)
        return Page(
            items: page.map { WireEvent($0, of: id) },
            nextCursor: hasMore ? page.last.map { String($0.sequence) } : nil)
    }

    package func request(_ id: RequestID, in scope: Scope) async throws(GatewayError) -> RequestView {
        let found = try await reading { () throws(JournalError) in
            try await self.services.ports.journal.request(id, in: scope)
        }
        guard let found else { throw .rejected(Rejection(.requestNotFound, "there is no such request")) }
        let view = try view(of: found)
        guard view.status == .pending, let progress = await progress(of: found) else { return view }
        return RequestView(request: view.request, session: view.session, closing: nil, progress: progress)
    }

    /// What was done about a pending request; nil if nothing was, or its session cannot be read now.
    private func progress(of record: RequestRecord) async -> RequestProgress? {
        if let resident = await directory.resident(record.session.id, in: record.session.scope) {
            return await resident.openRequest(record.id)?.progress
        }
        let session = try? await folded(record.session.key, in: record.session.scope)
        return session?.state.openRequest(record.id)?.progress
    }

    package func request(
        _ id: RequestID, in scope: Scope, waiting: Duration
    ) async throws(GatewayError) -> RequestView {
        let deadline = services.ports.clock.now().adding(milliseconds: waiting.milliseconds)
        var view = try await request(id, in: scope)
        var seen: Int64 = 0
        while view.status == .pending, services.ports.clock.now() < deadline, !Task.isCancelled {
            let session = try await session(view.session, in: scope)
            seen = max(seen, session.state.sequence)
            let change = await hub.awaitChange(of: session.state.identity, since: seen)
            view = try await request(id, in: scope)
            if view.status == .pending { await change.wait(until: deadline, clock: services.ports.clock) }
            await hub.forget(change, of: session.state.identity)
            view = try await request(id, in: scope)
            seen += 1
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
        for record in found.prefix(limit) {
            // One that cannot be read must not hide the others.
            if let view = try? view(of: record) { items.append(view) }
        }
        return Page(
            items: items, nextCursor: found.count > limit ? found.prefix(limit).last?.id.description : nil)
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
