package import HoldpointCore
package import HoldpointPorts

extension Engine {
    package func act(
        _ act: RequestAct, on request: RequestID, in scope: Scope, options: CommandOptions
    ) async throws(GatewayError) -> CommandResult {
        let command = try await command(for: act, on: request, in: scope, options: options)
        let named = (command as? ReopenRequest)?.id ?? request
        let envelope = CommandEnvelope(command: command, idempotency: claim(options, in: scope))
        if storesFirst(options) {
            let identity = try await identify(request, in: scope).session
            return try await store(envelope, for: identity, options: options, request: named)
        }
        switch try await place(of: request, in: scope) {
        case .here(let session, _): return try await give(envelope, to: session, options: options, request: named)
        case .elsewhere(let identity, _):
            return try await store(envelope, for: identity, options: options, request: named)
        }
    }

    private func command(
        for act: RequestAct, on request: RequestID, in scope: Scope, options: CommandOptions
    ) async throws(GatewayError) -> any SessionCommand {
        let now = services.ports.clock.now()
        switch act {
        case .claim(let user, let seconds):
            return ClaimRequest(
                request: request, responder: try await responder(user, options: options, in: scope),
                milliseconds: seconds * 1_000, receivedAt: now)
        case .release(let user):
            return ReleaseRequest(
                request: request, responder: try await responder(user, options: options, in: scope), receivedAt: now)
        case .delegate(let user, let other):
            return DelegateRequest(
                request: request, responder: try await responder(user, options: options, in: scope),
                delegate: try await person(other, named: "to", in: scope), receivedAt: now)
        case .reopen(let user):
            return try await reopening(
                of: request, by: try await responder(user, options: options, in: scope), in: scope)
        }
    }

    /// The command that asks a closed request again: what it was and how it closed does not change any more, so it is
    /// read here.
    private func reopening(
        of request: RequestID, by responder: Responder, in scope: Scope
    ) async throws(GatewayError) -> ReopenRequest {
        let view = try await self.request(request, in: scope)
        let wasRejected =
            view.closing?.status == .answered && view.request.type == .permission
            && view.closing?.approvedDigest == nil
        let id = RequestID(time: services.ports.clock.now(), random: services.ports.entropy.random128())
        do {
            return try ReopenRequest(
                id: id, reopening: view.request, wasRejected: wasRejected, responder: responder)
        } catch {
            throw .rejected(
                Rejection(.invalidInput, "the request cannot be asked again", violations: error.violations))
        }
    }
}
