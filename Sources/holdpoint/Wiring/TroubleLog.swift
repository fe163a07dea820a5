import HoldpointEngine
import HoldpointPorts
import JSON

/// Tells in the log what the engine coped with by itself and an operator should still know.
actor TroubleLog {
    private let engine: Engine
    private let log: ServerLog
    private var told = EngineStatistics()
    private var problems: [String] = []
    private var isWatching = true

    init(of engine: Engine, log: ServerLog) {
        self.engine = engine
        self.log = log
    }

    /// Writes a line for each count that has grown since the last call.
    func tellCounts() async {
        let now = await engine.statistics()
        // Another call may have told meanwhile: what counts is what was told before this line.
        let before = told
        told = now
        for (event, old, new) in [
            ("snapshot_refused", before.snapshotsRefused, now.snapshotsRefused),
            ("commit_in_doubt", before.commitsInDoubt, now.commitsInDoubt),
            ("session_quarantined", before.sessionsQuarantined, now.sessionsQuarantined),
            ("shards_taken_over", before.takeovers, now.takeovers),
        ] where new > old {
            log.write(.warning, event, [("count", .integer(Int64(new - old)))])
        }
    }

    /// Tells of no problem any more: at a stop everything goes away.
    func endWatch() { isWatching = false }

    /// Writes a line for what broke since the last call, and for what works again.
    func tellProblems() async {
        let readiness = await engine.readiness()
        guard isWatching else { return }
        // What the engine itself is at, such as stopping, is told where it is decided.
        let now = readiness.parts.filter { $0.name != "engine" }.compactMap(\.problem) + readiness.degradations
        let before = problems
        problems = now
        for problem in now where !before.contains(problem) {
            log.write(.warning, "degraded", [("detail", .string(problem))])
        }
        for problem in before where !now.contains(problem) {
            log.write(.info, "restored", [("detail", .string(problem))])
        }
    }
}
