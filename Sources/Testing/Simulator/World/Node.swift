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
final class Node: Sendable, CustomStringConvertible {
    private struct Calls: Sendable {
        var lastID = 0
        var open: [(id: Int, sever: @Sendable () -> Void)] = []
        var tasks: [Task<Void, Never>] = []
    }

    /// The number of this life, counted over all nodes.
    let number: Int
    let machine: Machine
    private let world: World
    private let executor: SeededExecutor
    /// The life's end of streams that nodes share, if they do.
    private let end: SharedMemoryStreamsEnd?
    private let engine: Engine
    private let calls = Guarded(Calls())

    init(number: Int, on machine: Machine, in world: World) {
        self.number = number
        self.machine = machine
        self.world = world
        executor = SeededExecutor(world.scheduler)
        let entropy = SeededEntropy(seed: world.seed &* 31 &+ UInt64(number))
        end = world.streams?.join(machine.name)
        let bus = FaultyStreams(end ?? MemoryStreams(), faults: machine.faults)
        let streams = world.plan.fault.streams(NodeStreams(bus, executor: executor, world: world, node: machine.name))
        let journal = Self.journal(on: machine, streams: streams, entropy: entropy, executor: executor, in: world)
        var configuration = world.plan.configuration
        configuration.node = machine.name
        engine = Engine(
            configuration: configuration,
            ports: EnginePorts(
                journal: journal, directory: world.journal, streams: streams,
                clock: NodeClock(world.clock, from: world.now, executor: executor, naps: world.plan.stepsClock),
                entropy: entropy, hasher: SimulatedHasher(),
                secretBox: world.plan.fault.secretBox(SimulatedSecretBox(seed: entropy.next())),
                signer: Model.signer, expressions: SimulatedExpressions(world: world),
                documents: JSONDocuments(),
                calls: world.plan.fault.calls(NodeCalls(world: world, executor: executor)),
                executors: OwnExecutors()))
    }

    /// The way to the store: what belongs to the store's side, what may fail between, what belongs to the node's side.
    private static func journal(
        on machine: Machine, streams: any StreamBus, entropy: SeededEntropy, executor: SeededExecutor, in world: World
    ) -> any Journal {
        let fault = world.plan.fault
        let own = world.streams == nil ? nil : SharedMemoryJournal(world.journal)
        let base = fault.journal(own, in: world, entropy: SeededEntropy(seed: entropy.next()))
        let faulty = FaultyJournal(
            base, faults: machine.faults, carrier: SimulatedWire(world: world, machine: machine), isShared: own != nil)
        let driver = fault.driver(faulty, streams: streams, entropy: entropy)
        return NodeJournal(base: driver, executor: executor, world: world, machine: machine)
    }

    var description: String { "\(machine.name) (life \(number))" }

    var isAlive: Bool { executor.isAlive }

    var isFrozen: Bool { executor.isFrozen }

    /// Lets this life stand still; whoever has called it goes away.
    func freeze() {
        executor.freeze()
        severAll()
    }

    /// Lets this life go on.
    func thaw() { executor.thaw() }

    /// Cuts this life off from the streams that nodes share, or lets it join again.
    func cutStreams(_ isCut: Bool) { end?.cut(isCut) }

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
        if let end { world.streams?.leave(end) }
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
        observe: @escaping @Sendable (Value) -> Void = { _ in }
    ) async -> Reply<Value> {
        if !isAlive || isFrozen {
            await world.sleep(upTo: 2_000)
            return .lost
        }
        return await withUnsafeContinuation { continuation in
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
