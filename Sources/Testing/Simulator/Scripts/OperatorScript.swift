import HoldpointCore
import HoldpointEngine
import HoldpointPorts
import HoldpointTesting

/// An operator who pauses, resumes and cancels sessions, and lets quarantined ones go on.
struct OperatorScript: Sendable {
    let client: Client
    /// Whether all agents and all people have gone home.
    let isOver: @Sendable () -> Bool

    func run() async {
        let world = client.world
        while !isOver(), !Task.isCancelled {
            await world.sleep(upTo: 8_000)
            _ = await release(.quarantined)
            if world.isChaotic { await interfere() } else { _ = await release(.paused) }
        }
        // Whoever is last puts everything in order.
        world.calm()
        while await release(.quarantined) != 0, !Task.isCancelled { await world.sleep(upTo: 1_000) }
    }

    /// Lets stopped sessions go on; a pause that was given twice may have come after its resume.
    ///
    /// - Returns: how many there were; nil if nobody could tell.
    private func release(_ status: SessionStatus) async -> Int? {
        guard let found = await sessions(status) else { return nil }
        for session in found { await order(.resume(reason: "looked into"), session) }
        return found.count
    }

    private func interfere() async {
        let world = client.world
        guard world.chance.below(3) == 0 else { return }
        let found = await sessions(world.chance.below(2) == 0 ? .waiting : .running)
        guard let found, !found.isEmpty else { return }
        let session = found[world.chance.below(found.count)]
        if world.chance.below(6) == 0 { return await order(.cancel(reason: "stop"), session) }
        await order(.pause(reason: "wait"), session)
        await world.sleep(upTo: 5_000)
        await order(.resume(reason: "go on"), session)
    }

    private func sessions(_ status: SessionStatus) async -> [SessionID]? {
        let reply = await client.read { engine, scope throws(GatewayError) in
            try await engine.sessions(status: status, agent: nil, cursor: nil, limit: 10, in: scope)
        } judge: { model, page, store in
            for view in page.items { model.observe(view, in: store) }
        }
        guard case .done(let page) = reply else { return nil }
        return page.items.map(\.state.identity.id)
    }

    private func order(_ act: SessionAct, _ session: SessionID) async {
        let world = client.world
        let verdict = await client.insist(
            "orders", key: nil, isAsync: world.chance.below(4) == 0
        ) { engine, options throws(GatewayError) in
            try await engine.command(act, to: session, in: world.scope, options: options)
        }
        if case .refused(let rejection) = verdict, rejection.code != .sessionFinished {
            world.withModel { $0.fail("refusal", "order to \(session): \(rejection)") }
        }
    }
}
