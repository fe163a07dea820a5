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
        /// Jobs of lanes that were killed, oldest first.
        var dead: [Entry] = []
        var count = 0
    }

    private let state = Guarded(State())
    private let entropy: SeededEntropy

    init(entropy: SeededEntropy) {
        self.entropy = entropy
    }

    /// How many jobs have run.
    var count: Int { state.read { $0.count } }

    fileprivate func enqueue(_ job: UnownedJob, on lane: SeededExecutor) {
        let isAlive = lane.isAlive
        state.withState { state in
            let entry = Entry(lane: lane, job: job)
            if isAlive { state.ready.append(entry) } else { state.dead.append(entry) }
        }
    }

    /// Runs one job that is ready; false if none is.
    func runOne() -> Bool {
        let entry = state.withState { state -> Entry? in
            guard !state.ready.isEmpty else { return nil }
            state.count += 1
            state.ready.swapAt(entropy.below(state.ready.count), state.ready.count - 1)
            return state.ready.removeLast()
        }
        entry.map(Self.run)
        return entry != nil
    }

    /// Takes a killed lane's jobs away from what is ready.
    fileprivate func kill(_ lane: SeededExecutor) {
        state.withState { state in
            state.dead += state.ready.filter { $0.lane === lane }
            state.ready.removeAll { $0.lane === lane }
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

    init(_ scheduler: SeededScheduler) {
        self.scheduler = scheduler
    }

    var isAlive: Bool { alive.load(ordering: .acquiring) }

    func enqueue(_ job: consuming ExecutorJob) {
        scheduler.enqueue(UnownedJob(job), on: self)
    }

    /// Ends the machine in the middle of whatever it does.
    func kill() {
        alive.store(false, ordering: .releasing)
        scheduler.kill(self)
    }
}
