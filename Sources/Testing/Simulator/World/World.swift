import HoldpointCore
import HoldpointEngine
import HoldpointPorts
import HoldpointTesting
import Synchronization

/// Everything outside the node: time, the store, the clients' side, chance, and the model that judges.
final class World: Sendable {
    private struct State: Sendable {
        var node: Node?
        var lives = 0
        var isStopping = false
        var crashes = 0
        var scripts: [String] = []
        var tasks: [Task<Void, Never>] = []
    }

    let seed: UInt64
    let plant: PlantedFault?
    /// Decides what scripts do and which faults strike; the order of jobs has a generator of its own.
    let chance: SeededEntropy
    let clock: ManualClock
    let journal: MemoryJournal
    let faults: FaultSource
    let scheduler: SeededScheduler
    let scope: Scope
    /// Whether workflows run beside the callers' own agents.
    let hasWorkflows: Bool
    let configuration: EngineConfiguration
    private let outside: SeededExecutor
    private let state = Guarded(State())
    private let model: Guarded<Model>
    private let log = Guarded(RunLog())
    private let chaotic = Atomic(true)
    private let departures = Atomic(0)

    init(seed: UInt64, plant: PlantedFault?) throws {
        self.seed = seed
        self.plant = plant
        chance = SeededEntropy(seed: seed)
        clock = ManualClock()
        journal = MemoryJournal(clock: clock)
        scheduler = SeededScheduler(entropy: SeededEntropy(seed: ~seed))
        outside = SeededExecutor(scheduler)
        scope = Scope(tenant: try TenantName("sim"), project: try ProjectName("default"))
        faults = FaultSource(entropy: SeededEntropy(seed: seed ^ 0x5eed), perMille: Self.rates(chance))
        hasWorkflows = seed % 2 == 1
        var configuration = try Self.configuration(chance)
        if hasWorkflows { Self.limitWorkflows(&configuration, chance) }
        self.configuration = configuration
        model = Guarded(Model(scope: scope))
    }

    /// Half of the seeds have few faults, so that long undisturbed histories are seen too.
    private static func rates(_ chance: SeededEntropy) -> [Fault: Int] {
        let scale = chance.below(2) == 0 ? 1 : 4
        return [
            .callUnavailable: 2 * scale, .commitUnavailable: 8 * scale, .commitOverloaded: 3 * scale,
            .commitInDoubtUndone: 10 * scale, .commitInDoubtDone: 10 * scale, .storeInDoubtUndone: 10 * scale,
            .storeInDoubtDone: 10 * scale, .doorbellLost: 40 * scale, .doorbellDoubled: 30 * scale,
            .doorbellLate: 30 * scale, .deliveryLost: 60 * scale, .deliveryDoubled: 40 * scale,
            .deliveryLate: 40 * scale,
        ]
    }

    /// Small limits, so that short histories reach what long ones reach in earnest.
    private static func configuration(_ chance: SeededEntropy) throws -> EngineConfiguration {
        var configuration = EngineConfiguration(node: try NodeName("simulated"))
        configuration.snapshotPolicy.everyEvents = Int64(2 + chance.below(6))
        configuration.snapshotPolicy.pauseEvents = Int64(1 + chance.below(4))
        configuration.snapshotPolicy.pauseBytes = 256 << chance.below(6)
        configuration.passivationMilliseconds = Int64(1_000 + chance.below(4_000))
        configuration.cautionMilliseconds = [0, 1_000, 10_000, 60_000][chance.below(4)]
        configuration.sweepMilliseconds = [1_000, 5_000, 30_000][chance.below(3)]
        configuration.recoveryGroup = 1 + chance.below(3)
        configuration.watchPage = 1 + chance.below(8)
        configuration.timerPage = 1 + chance.below(4)
        configuration.sweepPage = 1 + chance.below(4)
        configuration.mailboxCapacity = 2 + chance.below(30)
        configuration.timerHorizonMilliseconds = [2_000, 60_000, 3_600_000][chance.below(3)]
        return configuration
    }

    /// Few calls at once, short patience, and logs that soon go on in another session.
    private static func limitWorkflows(_ configuration: inout EngineConfiguration, _ chance: SeededEntropy) {
        configuration.callsAtOnce = 1 + chance.below(4)
        configuration.callsPerProject = 1 + chance.below(4)
        configuration.callTimeoutMilliseconds = [1_500, 5_000, 30_000][chance.below(3)]
        configuration.leaseMarginMilliseconds = [100, 1_000, 5_000][chance.below(3)]
        configuration.sessionLimits.eventsBeforeContinuing = [15, 30, 10_000][chance.below(3)]
    }
}

extension World {
    /// Whether faults may strike; at the end they may not.
    var isChaotic: Bool { chaotic.load(ordering: .acquiring) }

    /// Lets nothing go wrong from now on.
    func calm() {
        guard chaotic.exchange(false, ordering: .acquiringAndReleasing) else { return }
        faults.cease()
        note("faults cease")
    }

    /// Takes the store away for a while; commits at that moment fail, or their answers get lost.
    func cutStore() {
        let usual = faults.perMille
        let isMute = chance.below(2) == 0
        note("the store goes away")
        faults.change(
            perMille: isMute
                ? [.callUnavailable: 1_000, .commitInDoubtUndone: 500, .commitInDoubtDone: 1_000]
                : [.callUnavailable: 1_000, .commitUnavailable: 1_000])
        startOutside {
            await self.sleep(upTo: 8_000)
            self.note("the store is back")
            if self.isChaotic { self.faults.change(perMille: usual) }
        }
    }

    /// Adds a line to the run's log.
    func note(_ line: @autoclosure () -> String) {
        let time = clock.now().milliseconds - Simulation.epoch.milliseconds
        let text = "\(time) \(line())"
        log.withState { $0.add(text) }
    }

    var runLog: RunLog { log.withState { $0 } }

    /// Lets the model look at something and at the store as it is now.
    func judge(_ look: @Sendable (inout Model, MemoryStore) -> Void) {
        let store = journal.contents
        model.withState { look(&$0, store) }
    }

    /// Lets the model take in what was committed; returns a line for each event.
    func catchUp() -> [String] {
        guard model.read({ $0.lastChange }) != journal.lastChange else { return [] }
        let store = journal.contents
        return model.withState { $0.catchUp(with: store) }
    }

    /// Calls that have left and whose end the caller has not heard of.
    var callsUnderWay: Int { departures.load(ordering: .acquiring) }

    /// Counts a call that has left, or that has ended.
    func countCalls(_ change: Int) { departures.wrappingAdd(change, ordering: .acquiringAndReleasing) }

    /// Whether everything seen so far is as it should be.
    var isSound: Bool { model.read { $0.violation == nil } }

    /// What the model makes of all this.
    func withModel<Result>(_ body: (inout Model) -> Result) -> Result { model.withState { body(&$0) } }
}

extension World {
    /// Starts a task on the clients' side: no crash touches it.
    @discardableResult
    func startOutside(_ body: @escaping @Sendable () async -> Void) -> Task<Void, Never> {
        Task(executorPreference: outside, operation: body)
    }

    /// Starts a script; the run ends once all have ended.
    func startScript(_ name: String, _ body: @escaping @Sendable () async -> Void) {
        // At the end of a run nobody begins anything.
        guard outside.isAlive else { return }
        state.withState { $0.scripts.append(name) }
        let task = startOutside {
            await body()
            self.state.withState { state in
                if let index = state.scripts.firstIndex(of: name) { state.scripts.remove(at: index) }
            }
        }
        state.withState { $0.tasks.append(task) }
    }

    /// The scripts that have not ended.
    var runningScripts: [String] { state.withState { $0.scripts } }

    /// Whether somebody still has an answer to give.
    var hasPeople: Bool { state.read { $0.scripts.contains { $0.hasPrefix("answer") } } }

    /// Whether no script is left.
    var isQuiet: Bool { state.read { $0.scripts.isEmpty } }

    /// Waits 1 to so many milliseconds.
    func sleep(upTo milliseconds: Int) async {
        await clock.sleep(until: clock.now().adding(milliseconds: Int64(1 + chance.below(milliseconds))))
    }

    /// The node, if one is up.
    var node: Node? { state.read { $0.node } }

    /// Calls the node from the clients' side.
    func call<Value: Sendable>(
        observe: @escaping @Sendable (Value) -> Void = { _ in },
        _ body: @escaping @Sendable (Engine) async throws(GatewayError) -> Value
    ) async -> Reply<Value> {
        guard let node else { return .lost }
        return await node.call(body, observe: observe)
    }
}

extension World {
    /// Starts the next life of the node.
    func startNode() {
        let number = state.withState { state in
            state.lives += 1
            return state.lives
        }
        note("node \(number) starts")
        let node = Node(number: number, in: self)
        state.withState { state in
            state.node = node
            state.isStopping = false
        }
        node.start()
    }

    /// Lives of the node that were cut short so far.
    var crashes: Int { state.withState { $0.crashes } }

    /// Kills the node; another life begins after a while.
    func crashNode() {
        guard let node = takeNode() else { return }
        state.withState { $0.crashes += 1 }
        note("node \(node.number) crashes")
        node.crash()
        restartLater()
    }

    /// Asks the node to stop; another life begins after it has.
    func stopNode() {
        let node = state.withState { state -> Node? in
            defer { state.isStopping = true }
            return state.isStopping ? nil : state.node
        }
        guard let node else { return }
        note("node \(node.number) is asked to stop")
        node.stop()
    }

    /// Kills the node for good, and everything outside.
    func endAll() {
        takeNode()?.crash()
        outside.kill()
        for task in state.withState({ $0.tasks }) { task.cancel() }
        clock.advance(to: .distantFuture)
        scheduler.buryDead(limit: 100_000)
    }

    /// The node's run has ended by itself.
    func ended(_ node: Node, failure: String?) {
        guard node.isAlive else { return }
        note("node \(node.number) ended\(failure.map { ": \($0)" } ?? "")")
        let isCurrent = state.withState { state in
            guard state.node === node else { return false }
            state.node = nil
            return true
        }
        startOutside { node.crash() }
        if isCurrent { restartLater() }
    }

    private func takeNode() -> Node? {
        state.withState { state in
            defer { state.node = nil }
            return state.node
        }
    }

    private func restartLater() {
        startOutside {
            await self.sleep(upTo: 2_000)
            if self.outside.isAlive { self.startNode() }
        }
    }
}
