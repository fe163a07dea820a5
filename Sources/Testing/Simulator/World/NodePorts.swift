import HoldpointCore
import HoldpointPorts
import HoldpointTesting

/// The way between a node and its store: each call is a task outside the node, which goes on when the node dies.
struct SimulatedWire: Carrier {
    let world: World

    func carry<Value: Sendable>(_ work: @escaping @Sendable () async -> Value) async -> Value {
        // Unchecked: a call of a node that dies is never heard of again.
        await withUnsafeContinuation { continuation in
            world.startOutside {
                if world.isChaotic, world.chance.happens(perMille: 30) { await world.sleep(upTo: 200) }
                let value = await work()
                continuation.resume(returning: value)
            }
        }
    }
}

/// The journal as one life of a node sees it: a dead node's calls reach nothing.
struct NodeJournal: JournalDecorator {
    let base: any Journal
    let executor: SeededExecutor

    func around<Value: Sendable>(
        _ call: @escaping @Sendable (any Journal) async throws(JournalError) -> Value
    ) async throws(JournalError) -> Value {
        guard executor.isAlive else {
            await Task.yield()
            throw .unavailable("the node is dead")
        }
        return try await call(base)
    }
}

/// Time as one life of a node sees it: in a dead node nobody sleeps, so that it runs out soon.
struct NodeClock: Clock {
    let base: ManualClock
    let executor: SeededExecutor

    func now() -> Timestamp { base.now() }

    func sleep(until time: Timestamp) async {
        if executor.isAlive { return await base.sleep(until: time) }
        await Task.yield()
    }
}

/// The streams as one life of a node sees them; shows every doorbell to the model (I1, I9).
final class NodeStreams: StreamBusDecorator {
    let base: any StreamBus
    private let executor: SeededExecutor
    private let world: World

    init(_ base: any StreamBus, executor: SeededExecutor, world: World) {
        self.base = base
        self.executor = executor
        self.world = world
    }

    func ring(_ doorbell: Doorbell) {
        guard executor.isAlive else { return }
        world.judge { model, store in model.observe(doorbell, in: store) }
        base.ring(doorbell)
    }

    func deliver(_ delivery: CommandDelivery) {
        guard executor.isAlive else { return }
        world.judge { model, store in model.observe(delivery, in: store) }
        base.deliver(delivery)
    }
}
