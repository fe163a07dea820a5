import HoldpointCore
import HoldpointPorts
import HoldpointTesting

/// The way between a node and its store: each call is a task outside the node, which goes on when the node dies.
struct SimulatedWire: Carrier {
    /// How long after its caller has given it up a write may still arrive, in milliseconds.
    private static let longestLateness = 6_000

    let world: World
    let machine: Machine

    func carry<Value: Sendable>(_ work: @escaping @Sendable () async -> Value) async -> Value {
        // Unchecked: a call of a node that dies is never heard of again.
        await withUnsafeContinuation { continuation in
            world.startOutside {
                if world.isChaotic {
                    if machine.isSlow, world.chance.below(2) == 0 { await world.sleep(upTo: 1_200) }
                    if world.chance.happens(perMille: 30) { await world.sleep(upTo: 200) }
                }
                let value = await work()
                continuation.resume(returning: value)
            }
        }
    }

    func carryLate(_ work: @escaping @Sendable () async -> Void) async {
        world.countLateWrites(1)
        world.startOutside {
            await world.sleep(upTo: Self.longestLateness)
            await work()
            world.countLateWrites(-1)
        }
        await Task.yield()
    }
}

/// The journal as one life of a node sees it: a dead node's calls reach nothing.
struct NodeJournal: JournalDecorator {
    let base: any Journal
    let executor: SeededExecutor
    let world: World
    let machine: Machine

    private var node: NodeName { machine.name }

    func around<Value: Sendable>(
        _ call: @escaping @Sendable (any Journal) async throws(JournalError) -> Value
    ) async throws(JournalError) -> Value {
        guard executor.isAlive else {
            await Task.yield()
            throw .unavailable("the node is dead")
        }
        return try await call(base)
    }

    /// Lets the model know under which right the node writes (I2).
    func commit(_ commit: SessionCommit) async throws(JournalError) -> CommitReceipt {
        if executor.isAlive { world.withModel { $0.noteSent(commit) } }
        do {
            return try await around { base throws(JournalError) in try await base.commit(commit) }
        } catch {
            if case .fenced = error { world.count(.fencedCommit) }
            throw error
        }
    }

    func takeUp(node: NodeName) async throws(JournalError) -> Tenure {
        let tenure = try await around { base throws(JournalError) in try await base.takeUp(node: node) }
        world.note("\(node) takes up \(tenure.fences.count) shards")
        return tenure
    }

    func renew() async throws(JournalError) -> LeaseReport {
        do {
            let report = try await around { base throws(JournalError) in try await base.renew() }
            let fromDead = report.gained.count(where: \.followsUncleanDeath)
            if fromDead > 0 { world.count(.takeover) }
            if !report.gained.isEmpty {
                world.note("\(node) gains \(report.gained.count) shards, \(fromDead) of them after a death")
            }
            return LeaseReport(
                gained: report.gained, excess: max(report.excess, machine.takeOrder()),
                milliseconds: report.milliseconds, time: report.time, formats: report.formats)
        } catch {
            if case .fenced = error { world.note("\(node) hears that its lease is over") }
            throw error
        }
    }

    func handOver(_ fences: [Fence]) async throws(JournalError) {
        try await around { base throws(JournalError) in try await base.handOver(fences) }
        world.count(.handOver)
        world.note("\(node) gives up \(fences.count) shards")
    }
}

/// Time as one life of a node sees it, learnt from the store; in a dead node nobody sleeps, so that it runs out soon.
final class NodeClock: Clock {
    /// How long one sleeps at once where time may be set, so that what was heard meanwhile counts.
    private static let longestNapMilliseconds: Int64 = 1_000

    private let base: ManualClock
    private let executor: SeededExecutor
    private let agreement: Guarded<TimeAgreement>
    private let naps: Bool

    /// - Parameters:
    ///   - time: what the store's clock shows now, which a node asks for before it begins.
    ///   - naps: whether time may be set while somebody sleeps.
    init(_ base: ManualClock, from time: Timestamp, executor: SeededExecutor, naps: Bool) {
        self.base = base
        self.executor = executor
        self.naps = naps
        agreement = Guarded(TimeAgreement(with: time, at: base.now().milliseconds))
    }

    func now() -> Timestamp { agreement.read { $0.time(at: base.now().milliseconds) } }

    /// Goes on while the machine stands still, and nothing sets it.
    var steadyMilliseconds: Int64 { base.now().milliseconds }

    func agree(on time: Timestamp) {
        let steady = steadyMilliseconds
        agreement.withState { $0.agree(on: time, at: steady) }
    }

    func sleep(until time: Timestamp) async {
        while executor.isAlive, !Task.isCancelled {
            let left = time.milliseconds - now().milliseconds
            guard left > 0 else { return }
            await base.sleep(
                until: base.now().adding(milliseconds: naps ? min(left, Self.longestNapMilliseconds) : left))
        }
        await Task.yield()
    }
}

/// The streams as one life of a node sees them; shows everything that leaves the node to the model (I1, I9).
final class NodeStreams: StreamBusDecorator {
    let base: any StreamBus
    private let executor: SeededExecutor
    private let world: World
    private let node: NodeName

    init(_ base: any StreamBus, executor: SeededExecutor, world: World, node: NodeName) {
        self.base = base
        self.executor = executor
        self.world = world
        self.node = node
    }

    func serve(_ shards: [Shard]) {
        guard executor.isAlive else { return }
        world.note("\(node) serves \(shards.count) shards")
        base.serve(shards)
    }

    func ring(_ doorbell: Doorbell) {
        guard executor.isAlive else { return }
        world.judge { model, store in model.observe(doorbell, in: store) }
        send { $0.ring(doorbell) }
    }

    func deliver(_ delivery: CommandDelivery) {
        guard executor.isAlive else { return }
        world.judge { model, store in model.observe(delivery, in: store) }
        send { $0.deliver(delivery) }
    }

    func announce(_ command: StoredCommandID, to node: NodeName) {
        guard executor.isAlive else { return }
        world.judge { model, store in model.observe(command, in: store) }
        send { $0.announce(command, to: node) }
    }

    /// Sends at once or after a while.
    private func send(_ message: @escaping @Sendable (any StreamBus) -> Void) {
        guard world.streams != nil, world.isChaotic, world.chance.happens(perMille: 30) else { return message(base) }
        world.startOutside { [world, base] in
            await world.sleep(upTo: 3_000)
            message(base)
        }
    }
}
