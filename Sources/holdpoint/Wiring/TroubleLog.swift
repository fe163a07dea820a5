import HoldpointEngine
import JSON

/// Tells in the log what the engine coped with by itself and an operator should still know.
actor TroubleLog {
    private let engine: Engine
    private let log: ServerLog
    private var told = EngineStatistics()

    init(of engine: Engine, log: ServerLog) {
        self.engine = engine
        self.log = log
    }

    /// Writes a line for each count that has grown since the last call.
    func tell() async {
        let now = await engine.statistics()
        // Another call may have told meanwhile: what counts is what was told before this line.
        let before = told
        told = now
        for (event, old, new) in [
            ("snapshot_refused", before.snapshotsRefused, now.snapshotsRefused),
            ("commit_in_doubt", before.commitsInDoubt, now.commitsInDoubt),
            ("session_quarantined", before.sessionsQuarantined, now.sessionsQuarantined),
        ] where new > old {
            log.write(.warning, event, [("count", .integer(Int64(new - old)))])
        }
    }
}
