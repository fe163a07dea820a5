import HoldpointCore
import HoldpointPorts

/// What every session actor shares.
struct SessionServices: Sendable {
    let ports: EnginePorts
    let configuration: EngineConfiguration
    let ownership: Ownership
    let deadlines: DeadlineQueue
    let counters: EngineCounters
}

/// Counts what operators want to know of; read by metrics and tests.
actor EngineCounters {
    /// Snapshots that did not verify, so that the whole log was folded instead.
    private(set) var snapshotsRefused = 0
    /// Commits whose outcome was unknown at first.
    private(set) var commitsInDoubt = 0
    /// Sessions that were quarantined.
    private(set) var quarantined = 0

    func countRefusedSnapshot() { snapshotsRefused += 1 }
    func countDoubt() { commitsInDoubt += 1 }
    func countQuarantine() { quarantined += 1 }
}
