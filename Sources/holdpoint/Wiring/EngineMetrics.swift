import HoldpointEngine
import HoldpointPorts
import RESTAPI

/// What a node shows of its engine.
enum EngineMetrics {
    static func of(_ engine: Engine) async -> [Metric] {
        let statistics = await engine.statistics()
        let readiness = await engine.readiness()
        let lease = statistics.leaseMilliseconds.map {
            Metric(
                gauge: "holdpoint_lease_milliseconds", "How long the lease stands yet; it is renewed each second.",
                Int($0))
        }
        let formats = statistics.formats.map {
            Metric(
                gauge: "holdpoint_data_formats",
                "The number of the latest forms of data that all nodes read, so that they may be written.", Int($0))
        }
        return [lease, formats].compactMap { $0 } + [
            Metric(gauge: "holdpoint_ready", "1 while commands are taken, else 0.", readiness.isReady ? 1 : 0),
            Metric(
                gauge: "holdpoint_degraded", "1 while something is slower or staler than it should be, else 0.",
                readiness.degradations.isEmpty ? 0 : 1),
            Metric(gauge: "holdpoint_owned_shards", "Shards that this node decides for.", await engine.ownedShards),
            Metric(
                counter: "holdpoint_takeovers", "Times when shards were taken over whose owner had died.",
                statistics.takeovers),
            Metric(
                gauge: "holdpoint_resident_sessions", "Sessions that are in memory.", await engine.residentSessions),
            Metric(
                gauge: "holdpoint_deadlines", "Sessions whose next deadline is in memory, since it is near.",
                await engine.armedDeadlines),
            Metric(
                counter: "holdpoint_snapshots_refused", "Snapshots that did not verify, so that the log was folded.",
                statistics.snapshotsRefused),
            Metric(
                counter: "holdpoint_commits_in_doubt", "Commits whose outcome was unknown at first.",
                statistics.commitsInDoubt),
            Metric(
                counter: "holdpoint_sessions_quarantined", "Sessions that were quarantined.",
                statistics.sessionsQuarantined),
            Metric(
                gauge: "holdpoint_sessions_released", "Sessions that wait for a node of the release that wrote them.",
                statistics.sessionsReleased),
            Metric(
                counter: "holdpoint_sessions_retired", "Sessions that were deleted, as their projects wish.",
                statistics.sessionsRetired),
        ]
    }
}
