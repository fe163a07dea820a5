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
                counter: "holdpoint_audit_rows", "Rows that were appended to audit logs.", statistics.rowsAudited),
            Metric(
                gauge: "holdpoint_audit_projects_behind", "Projects with events that are known not to be audited yet.",
                statistics.projectsToAudit),
            Metric(
                gauge: "holdpoint_audit_behind_milliseconds", "For how long the oldest of these events waits.",
                Int(statistics.auditMilliseconds)),
            Metric(
                counter: "holdpoint_sessions_retired", "Sessions that were deleted, as their projects wish.",
                statistics.sessionsRetired),
        ] + outbox(statistics)
    }

    private static func outbox(_ statistics: EngineStatistics) -> [Metric] {
        [
            Metric(
                gauge: "holdpoint_webhook_pending", "Deliveries to webhooks that wait for their next attempt.",
                Int(statistics.deliveriesPending)),
            Metric(
                gauge: "holdpoint_webhook_oldest_milliseconds",
                "How old the oldest event is of which a delivery waits; 0 if none does.",
                Int(statistics.oldestDeliveryMilliseconds)),
            Metric(
                gauge: "holdpoint_webhook_failed", "Deliveries that have failed and can be asked for again.",
                Int(statistics.deliveriesFailed)),
            Metric(
                counter: "holdpoint_webhook_deliveries", "Deliveries that webhooks took.", statistics.deliveriesMade),
            Metric(
                counter: "holdpoint_webhook_attempts_failed", "Attempts that webhooks did not take.",
                statistics.deliveryFailures),
        ]
    }
}
