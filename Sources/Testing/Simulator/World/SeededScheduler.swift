import HoldpointTesting
import Synchronization

/// Runs the jobs of all simulated machines on one thread, each time one that the seed picks.
final class SeededScheduler: Sendable {
    private struct Entry: Sendable {
        let lane: SeededExecutor
        let job: UnownedJob
    }

    private struct State: Sendable {
        var ready: [Entry] = []
        /// Jobs of lanes that stand still, oldest first.
        var held: [Entry] = []
        /// Jobs of lanes that were killed, oldest first.
        var dead: [Entry] = []
    }

    private let state = Guarded(State())
    private let jobs = Atomic(0)
    private let entropy: SeededEntropy

    init(entropy: SeededEntropy) {
        self.entropy = entropy
    }

    /// How many jobs have run.
    var count: Int { jobs.load(ordering: .acquiring) }

    /// Whether nobody can go on before time does.
    var isIdle: Bool { state.read { $0.ready.isEmpty } }

    fileprivate func enqueue(_ job: UnownedJob, on lane: SeededExecutor) {
        let (isAlive, isFrozen) = (lane.isAlive, lane.isFrozen)
        state.withState { state in
            let entry = Entry(lane: lane, job: job)
            switch (isAlive, isFrozen) {
            case (false, _): state.dead.append(entry)
            case (true, true): state.held.append(entry)
            case (true, false): state.ready.append(entry)
            }
        }
    }

    /// Runs one job that is ready; false if none is.
    func runOne() -> Bool {
        let entry = state.withState { state -> Entry? in
            guard !state.ready.isEmpty else { return nil }
            state.ready.swapAt(entropy.below(state.ready.count), state.ready.count - 1)
            return state.ready.removeLast()
        }
        guard let entry else { return false }
        jobs.wrappingAdd(1, ordering: .acquiringAndReleasing)
        Self.run(entry)
        return true
    }

    /// Takes a killed lane's jobs away from what is ready, or will be.
    fileprivate func kill(_ lane: SeededExecutor) {
        state.withState { state in
            state.dead += (state.ready + state.held).filter { $0.lane === lane }
            state.ready.removeAll { $0.lane === lane }
            state.held.removeAll { $0.lane === lane }
        }
    }

    /// Holds a lane's jobs back.
    fileprivate func freeze(_ lane: SeededExecutor) {
        state.withState { state in
            state.held += state.ready.filter { $0.lane === lane }
            state.ready.removeAll { $0.lane === lane }
        }
    }

    /// Makes a lane's jobs ready that were held back.
    fileprivate func thaw(_ lane: SeededExecutor) {
        state.withState { state in
            state.ready += state.held.filter { $0.lane === lane }
            state.held.removeAll { $0.lane === lane }
        }
    }

    /// Lets killed lanes run out, at most so many jobs, so that what they hold in memory is given back.
    ///
    /// Nobody hears them any more: their ports answer nothing. What is left after `limit` jobs is dropped as it is.
    func buryDead(limit: Int) {
        for _ in 0..<limit {
            let entry = state.withState { $0.dead.isEmpty ? nil : $0.dead.removeFirst() }
            guard let entry else { return }
            Self.run(entry)
        }
        state.withState { $0.dead = [] }
    }

    private static func run(_ entry: Entry) {
        entry.job.runSynchronously(on: entry.lane.asUnownedTaskExecutor())
    }
}

/// One simulated machine: the jobs of the tasks that were started on it.
final class SeededExecutor: TaskExecutor {
    private let scheduler: SeededScheduler
    private let alive = Atomic(true)
    private let frozen = Atomic(false)

    init(_ scheduler: SeededScheduler) {
        self.scheduler = scheduler
    }

    var isAlive: Bool { alive.load(ordering: .acquiring) }

    /// Whether it stands still, as a process does that was stopped; what it sent before goes on its way.
    var isFrozen: Bool { frozen.load(ordering: .acquiring) }

    func enqueue(_ job: consuming ExecutorJob) {
        scheduler.enqueue(UnownedJob(job), on: self)
    }

    /// Lets the machine stand still in the middle of whatever it does.
    func freeze() {
        frozen.store(true, ordering: .releasing)
        scheduler.freeze(self)
    }

    /// Lets the machine go on as if nothing had happened.
    func thaw() {
        frozen.store(false, ordering: .releasing)
        scheduler.thaw(self)
    }

    /// Ends the machine in the middle of whatever it does.
    func kill() {
        alive.store(false, ordering: .releasing)
        scheduler.kill(self)
    }
}
