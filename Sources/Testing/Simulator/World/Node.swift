import HoldpointCore
import HoldpointEngine
import HoldpointPorts
import HoldpointTesting

/// What a client gets from a call to a node.
enum Reply<Value: Sendable>: Sendable {
    /// The node answered.
    case done(Value)
    /// The node refused.
    case rejected(Rejection)
    /// The node could not take it, or could not tell.
    case unavailable
    /// No answer came: the node died, or the answer was lost on the way.
    case lost
}

/// One life of a node: the real engine on an executor of its own, over ports that may fail.
final class Node: Sendable {
    private struct Calls: Sendable {
        var lastID = 0
        var open: [(id: Int, sever: @Sendable () -> Void)] = []
        var tasks: [Task<Void, Never>] = []
    }

    let number: Int
    private let world: World
    private let executor: SeededExecutor
    private let streams: any StreamBus
    private let engine: Engine
    private let calls = Guarded(Calls())

    init(number: Int, in world: World) {
        self.number = number
        self.world = world
        executor = SeededExecutor(world.scheduler)
        let entropy = SeededEntropy(seed: world.seed &* 31 &+ UInt64(number))
        let base = world.plant.journal(world.journal, entropy: SeededEntropy(seed: entropy.next()))
        let faulty = FaultyJournal(base, faults: world.faults, carrier: SimulatedWire(world: world))
        streams = world.plant.streams(
            NodeStreams(FaultyStreams(MemoryStreams(), faults: world.faults), executor: executor, world: world))
        engine = Engine(
            configuration: world.configuration,
            ports: EnginePorts(
                journal: NodeJournal(base: faulty, executor: executor), directory: world.journal, streams: streams,
                clock: NodeClock(base: world.clock, executor: executor), entropy: entropy, hasher: SimulatedHasher(),
                secretBox: world.plant.secretBox(SimulatedSecretBox(seed: entropy.next())),
                expressions: SimulatedExpressions(world: world), documents: JSONDocuments(),
                calls: world.plant.calls(NodeCalls(world: world, executor: executor)), executors: OwnExecutors()))
    }

    var isAlive: Bool { executor.isAlive }

    /// Begins to run; tells the world when the run has ended by itself.
    func start() {
        let engine = engine
        track {
            do throws(EngineFailure) {
                try await engine.run()
                self.world.ended(self, failure: nil)
            } catch {
                self.world.ended(self, failure: error.detail)
            }
        }
    }

    /// Asks the engine to stop.
    func stop() {
        let engine = engine
        track { await engine.stop() }
    }

    /// Ends this life here and now: whatever was in memory is gone, and open calls never hear of it.
    func crash() {
        executor.kill()
        severAll()
        let tasks = calls.withState { $0.tasks }
        for task in tasks { task.cancel() }
        // Asked to stop, a dead engine runs out by itself; see `buryDead`.
        stop()
        world.scheduler.buryDead(limit: 4_000)
    }

    /// Tells open calls that nothing will come: the connection is closed.
    private func severAll() {
        let open = calls.withState { calls in
            defer { calls.open = [] }
            return calls.open
        }
        for call in open { call.sever() }
    }

    /// Calls the engine from outside.
    ///
    /// - Parameter observe: sees the answer in the moment it leaves the node (I1).
    func call<Value: Sendable>(
        _ body: @escaping @Sendable (Engine) async throws(GatewayError) -> Value,
        observe: @escaping @Sendable (Value) -> Void
    ) async -> Reply<Value> {
        await withUnsafeContinuation { continuation in
            let slot = CallSlot(continuation)
            let id = calls.withState { calls in
                calls.lastID += 1
                calls.open.append((calls.lastID, { slot.resolve(.lost) }))
                return calls.lastID
            }
            let engine = engine
            track {
                let reply = await Self.reply(from: engine, body)
                guard self.isAlive else { return }
                if case .done(let value) = reply { observe(value) }
                self.calls.withState { $0.open.removeAll { $0.id == id } }
                let isLost = self.world.isChaotic && self.world.chance.happens(perMille: 20)
                slot.resolve(isLost ? .lost : reply)
            }
        }
    }

    private static func reply<Value: Sendable>(
        from engine: Engine, _ body: @Sendable (Engine) async throws(GatewayError) -> Value
    ) async -> Reply<Value> {
        do throws(GatewayError) {
            return .done(try await body(engine))
        } catch {
            switch error {
            case .rejected(let rejection): return .rejected(rejection)
            case .unavailable: return .unavailable
            }
        }
    }

    private func track(_ body: @escaping @Sendable () async -> Void) {
        let task = Task(executorPreference: executor, operation: body)
        calls.withState { $0.tasks.append(task) }
    }
}

/// Where a caller waits; the first resolution counts.
private final class CallSlot<Value: Sendable>: Sendable {
    private let continuation: Guarded<UnsafeContinuation<Reply<Value>, Never>?>

    init(_ continuation: UnsafeContinuation<Reply<Value>, Never>) {
        self.continuation = Guarded(continuation)
    }

    func resolve(_ reply: Reply<Value>) {
        let waiting = continuation.withState { continuation in
            defer { continuation = nil }
            return continuation
        }
        waiting?.resume(returning: reply)
    }
}
