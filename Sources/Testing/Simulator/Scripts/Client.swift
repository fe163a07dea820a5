import HoldpointCore
import HoldpointEngine
import HoldpointPorts
import HoldpointTesting

/// What became of an act for certain.
enum Verdict: Sendable {
    /// It was applied, with this reply.
    case applied(CommandReply)
    /// It changed nothing.
    case refused(Rejection)
}

/// A caller who does as good callers do: it tries again under the same key until it knows what became of its act.
struct Client: Sendable {
    let world: World
    let principal: Principal

    /// One way to give an act to an engine.
    typealias Act = @Sendable (Engine, CommandOptions) async throws(GatewayError) -> CommandResult

    /// Gives an act until its fate is known.
    ///
    /// - Parameters:
    ///   - key: against repetition; nil where the act itself is safe to repeat.
    ///   - isAsync: whether it is to be stored first.
    ///   - stored: told of each 202, in the moment it leaves the node.
    func insist(
        _ name: String, key: String?, isAsync: Bool, stored: @escaping @Sendable () -> Void = {}, act: @escaping Act
    ) async -> Verdict {
        let options = CommandOptions(
            principal: principal, idempotencyKey: key, body: Array((key ?? "").utf8), respondAsync: isAsync)
        let world = world
        while !Task.isCancelled {
            let reply = await world.call { result in
                world.judge { model, store in model.observe(result, in: store) }
                if case .stored = result { stored() }
            } _: { engine throws(GatewayError) in
                try await act(engine, options)
            }
            world.note("\(principal) \(name): \(Self.text(reply))")
            switch reply {
            case .done(.session(_, let isNew, _)): return .applied(.session(isNew: isNew))
            case .done(.request(let view, let isNew, _)): return .applied(.request(view.request.id, isNew: isNew))
            case .done(.stored(let id, _, _)):
                if let verdict = await outcome(of: id) { return verdict }
            case .rejected(let rejection) where rejection.code == .sessionQuarantined: break
            case .rejected(let rejection): return .refused(rejection)
            case .unavailable, .lost: break
            }
            await world.sleep(upTo: 1_500)
        }
        return Self.endOfRun
    }

    /// What a script hears that is still at work when its run has ended.
    private static let endOfRun = Verdict.refused(Rejection(.commandDead, "the run is over"))

    /// Asks for a stored command until it has its outcome; nil if it died, and must be given again.
    private func outcome(of id: StoredCommandID) async -> Verdict? {
        while !Task.isCancelled {
            let reply = await read { engine, scope throws(GatewayError) in
                try await engine.storedCommand(id, in: scope)
            } judge: { model, view, store in
                model.observe(view, in: store)
            }
            switch reply {
            case .done(let view):
                switch view.outcome {
                case .applied(let reply): return .applied(reply)
                case .refused(let rejection) where rejection.code == .sessionQuarantined: return nil
                case .refused(let rejection): return .refused(rejection)
                case .dead: return nil
                case nil: break
                }
            case .rejected(let rejection):
                world.withModel { $0.fail("I3", "stored command \(id) is gone: \(rejection)") }
                return .refused(rejection)
            case .unavailable, .lost: break
            }
            await world.sleep(upTo: 2_000)
        }
        return Self.endOfRun
    }

    /// Reads something once.
    func read<Value: Sendable>(
        _ body: @escaping @Sendable (Engine, Scope) async throws(GatewayError) -> Value,
        judge: @escaping @Sendable (inout Model, Value, MemoryStore) -> Void
    ) async -> Reply<Value> {
        let world = world
        return await world.call { value in
            world.judge { model, store in judge(&model, value, store) }
        } _: { engine throws(GatewayError) in
            try await body(engine, world.scope)
        }
    }

    private static func text(_ reply: Reply<CommandResult>) -> String {
        switch reply {
        case .done(.session(let view, let isNew, let isReplay)):
            "session at \(view.state.sequence) \(isNew) \(isReplay)"
        case .done(.request(let view, let isNew, _)): "\(view.request.id) \(view.status) \(isNew)"
        case .done(.stored(let id, _, _)): "202 \(id)"
        case .rejected(let rejection): "\(rejection.code)"
        case .unavailable: "503"
        case .lost: "no answer"
        }
    }
}
