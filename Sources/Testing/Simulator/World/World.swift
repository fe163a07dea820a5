import HoldpointCore
import HoldpointEngine
import HoldpointPorts
import HoldpointTesting
import Synchronization

/// Everything outside the nodes: time, the stores, the clients' side, chance, and the model that judges.
final class World: Sendable {
    private struct State: Sendable {
        var lives = 0
        var scripts: [String] = []
        var tasks: [Task<Void, Never>] = []
        var happenings: [Happening: Int] = [:]
    }

    let seed: UInt64
    let plan: WorldPlan
    /// Decides what scripts do and which faults strike; the order of jobs has a generator of its own.
    let chance: SeededEntropy
    /// Time as nobody can set it.
    let clock: ManualClock
    let storeTime: StoreTime
    let journal: MemoryJournal
    /// The streams of nodes that share a store; nil where there is one node.
    let streams: SharedMemoryStreams?
    let machines: [Machine]
    let scheduler: SeededScheduler
    let scope: Scope
    private let outside: SeededExecutor
    private let state = Guarded(State())
    private let model: Guarded<Model>
    private let log = Guarded(RunLog())
    private let chaotic = Atomic(true)
    private let departures = Atomic(0)
    private let lateWrites = Atomic(0)
    // Looked at after every job, so they are no part of what is copied to be read.
    private let sound = Atomic(true)
    private let visits = Atomic(-1)
    private let scriptCount = Atomic(0)

    init(seed: UInt64, plant: PlantedFault?) throws {
        self.seed = seed
        let chance = SeededEntropy(seed: seed)
        let plan = try WorldPlan(seed: seed, fault: plant, chance: chance)
        let isShared = plan.nodes > 1
        clock = ManualClock()
        let storeTime = StoreTime(clock)
        journal = MemoryJournal(clock: storeTime)
        streams = isShared ? SharedMemoryStreams(entropy: SeededEntropy(seed: seed ^ 0x57e4)) : nil
        machines = try (0..<plan.nodes).map { index in
            let faults = FaultSource(
                entropy: SeededEntropy(seed: seed &* 7 &+ UInt64(index) ^ 0x5eed), perMille: plan.rates)
            return try Machine(index, faults: faults)
        }
        scheduler = SeededScheduler(entropy: SeededEntropy(seed: ~seed))
        outside = SeededExecutor(scheduler)
        scope = Scope(tenant: try TenantName("sim"), project: try ProjectName("default"))
        model = Guarded(Model(scope: scope))
        (self.plan, self.chance, self.storeTime) = (plan, chance, storeTime)
    }

    /// The store's time.
    var now: Timestamp { storeTime.now() }

    var hasWorkflows: Bool { plan.hasWorkflows }

    /// Whether faults may strike; at the end they may not.
    var isChaotic: Bool { chaotic.load(ordering: .acquiring) }

    /// Says that nothing goes wrong from now on; false if that was said before.
    func ceaseChaos() -> Bool { chaotic.exchange(false, ordering: .acquiringAndReleasing) }

    /// Counts what befell the nodes.
    func count(_ happening: Happening) { state.withState { $0.happenings[happening, default: 0] += 1 } }

    var happenings: [Happening: Int] { state.read { $0.happenings } }

    /// The number of the next life of a node.
    func nextLife() -> Int {
        state.withState { state in
            state.lives += 1
            return state.lives
        }
    }
}

extension World {
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
        withModel { look(&$0, store) }
    }

    /// Lets the model take in what was committed; returns a line for each event.
    func catchUp() -> [String] {
        let count = journal.visitCount
        guard visits.exchange(count, ordering: .acquiringAndReleasing) != count else { return [] }
        let store = journal.contents
        return withModel { $0.catchUp(with: store) }
    }

    /// Calls that have left and whose end the caller has not heard of.
    var callsUnderWay: Int { departures.load(ordering: .acquiring) }

    /// Counts a call that has left, or that has ended.
    func countCalls(_ change: Int) { departures.wrappingAdd(change, ordering: .acquiringAndReleasing) }

    /// Writes that were given up and may arrive all the same.
    var writesOutstanding: Int { lateWrites.load(ordering: .acquiring) }

    /// Counts a write that was given up, or that has arrived.
    func countLateWrites(_ change: Int) { lateWrites.wrappingAdd(change, ordering: .acquiringAndReleasing) }

    /// Whether everything seen so far is as it should be.
    var isSound: Bool { sound.load(ordering: .acquiring) }

    /// What the model makes of all this.
    func withModel<Result>(_ body: (inout Model) -> Result) -> Result {
        model.withState { model in
            defer { if model.violation != nil { sound.store(false, ordering: .releasing) } }
            return body(&model)
        }
    }
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
        scriptCount.wrappingAdd(1, ordering: .acquiringAndReleasing)
        let task = startOutside {
            await body()
            self.state.withState { state in
                if let index = state.scripts.firstIndex(of: name) { state.scripts.remove(at: index) }
            }
            self.scriptCount.wrappingSubtract(1, ordering: .acquiringAndReleasing)
        }
        state.withState { $0.tasks.append(task) }
    }

    /// The scripts that have not ended.
    var runningScripts: [String] { state.withState { $0.scripts } }

    /// Whether somebody still has an answer to give.
    var hasPeople: Bool { state.read { $0.scripts.contains { $0.hasPrefix("answer") } } }

    /// Whether no script is left.
    var isQuiet: Bool { scriptCount.load(ordering: .acquiring) == 0 }

    /// Whether the run has ended.
    var isOver: Bool { !outside.isAlive }

    /// Waits 1 to so many milliseconds.
    func sleep(upTo milliseconds: Int) async {
        await clock.sleep(until: clock.now().adding(milliseconds: Int64(1 + chance.below(milliseconds))))
    }

    /// Kills the nodes for good, and everything outside.
    func endAll() {
        for machine in machines { machine.take()?.crash() }
        outside.kill()
        for task in state.withState({ $0.tasks }) { task.cancel() }
        clock.advance(to: .distantFuture)
        scheduler.buryDead(limit: 100_000)
    }
}
