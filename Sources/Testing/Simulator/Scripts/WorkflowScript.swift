import HoldpointCore
import HoldpointEngine
import HoldpointPorts
import HoldpointTesting
import JSON

/// Starts sessions of workflows one after the other, and waits for the end of each; cancels one now and then.
struct WorkflowScript: Sendable {
    let client: Client
    let number: Int

    private var world: World { client.world }
    private var chance: SeededEntropy { client.world.chance }

    func run() async {
        for round in 0..<(1 + chance.below(3)) {
            let scene = WorkflowScene.allCases[chance.below(WorkflowScene.allCases.count)]
            guard let session = await start(scene, named: "\(scene.rawValue)-\(number)-\(round)") else { return }
            if chance.below(10) == 0 {
                await world.sleep(upTo: 4_000)
                await cancel(session)
            }
            await follow(session)
        }
    }

    private func start(_ scene: WorkflowScene, named name: String) async -> SessionID? {
        guard let id = try? SessionID(name), let agent = try? AgentName(scene.rawValue) else { return nil }
        let start = SessionStart(
            id: id, agent: agent, input: ["n": .integer(Int64(chance.below(100))), "title": .string("may \(name)?")],
            labels: [:], onBehalfOf: nil)
        let verdict = await client.insist(
            "starts \(name)", key: chance.below(2) == 0 ? "start-\(name)" : nil, isAsync: chance.below(4) == 0
        ) { [scope = world.scope] engine, options throws(GatewayError) in
            try await engine.start(start, in: scope, options: options)
        }
        guard case .refused(let rejection) = verdict else { return id }
        world.withModel { $0.fail("refusal", "start of \(name): \(rejection)") }
        return nil
    }

    private func cancel(_ session: SessionID) async {
        let verdict = await client.insist(
            "cancels \(session)", key: nil, isAsync: chance.below(4) == 0
        ) { [scope = world.scope] engine, options throws(GatewayError) in
            try await engine.command(.cancel(reason: "not needed"), to: session, in: scope, options: options)
        }
        if case .refused(let rejection) = verdict, rejection.code != .sessionFinished {
            world.withModel { $0.fail("refusal", "cancellation of \(session): \(rejection)") }
        }
    }

    /// Waits until a session has ended, and those that go on for it.
    private func follow(_ first: SessionID) async {
        var session = first
        while !Task.isCancelled {
            let id = session
            let reply = await client.read { engine, scope throws(GatewayError) in
                try await engine.session(id, in: scope, waiting: .seconds(5))
            } judge: { model, view, store in
                model.observe(view, in: store)
            }
            switch reply {
            case .done(let view):
                if case .continued(let next) = view.state.ending {
                    session = next
                    continue
                }
                if view.status.isFinal { return }
            case .rejected(let rejection):
                // The session that goes on is started by a stored command, which may still be under way.
                if session == first || rejection.code != .sessionNotFound {
                    world.withModel { $0.fail("refusal", "session \(session): \(rejection)") }
                }
            case .unavailable, .lost: break
            }
            await world.sleep(upTo: 2_000)
        }
    }
}
