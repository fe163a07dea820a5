import HoldpointCore
import HoldpointPorts

/// What an engine has counted since it was made, for logs and metrics.
package struct EngineStatistics: Sendable, Equatable {
    /// Snapshots that did not verify, so that the whole log was folded instead.
    package var snapshotsRefused = 0
    /// Commits whose outcome was unknown at first.
    package var commitsInDoubt = 0
    /// Sessions that were quarantined.
    package var sessionsQuarantined = 0
    /// Sessions that were deleted, or archived and deleted, as their projects' retention has it.
    package var sessionsRetired = 0
    /// Deliveries that webhooks took.
    package var deliveriesMade = 0
    /// Attempts at deliveries that webhooks did not take.
    package var deliveryFailures = 0
    /// Deliveries of this node's shards that wait for their next attempt, as they were counted last.
    package var deliveriesPending: Int64 = 0
    /// Deliveries of this node's shards that have failed and can be asked for again, likewise.
    package var deliveriesFailed: Int64 = 0
    /// How old the oldest event is of which a delivery waits, in milliseconds; 0 if none does.
    package var oldestDeliveryMilliseconds: Int64 = 0
    /// Rows that were appended to audit logs.
    package var rowsAudited = 0
    /// Projects whose feeds are known to have events that are not audited.
    package var projectsToAudit = 0
    /// For how long the oldest of these events waits, as far as is known, in milliseconds.
    package var auditMilliseconds: Int64 = 0
    /// Times when shards were taken over whose owner had died.
    package var takeovers = 0
    /// Sessions, among those of this node's shards that were met, which are left to nodes of a later release.
    package var sessionsReleased = 0
    /// The number of the latest forms that may be written; nil where nodes do not share the store.
    package var formats: Int64?
    /// For how long this node's lease still stands, in milliseconds; nil where nodes do not share the store.
    package var leaseMilliseconds: Int64?

    package init() {}
}

extension Engine {
    /// The counts at this moment.
    package func statistics() async -> EngineStatistics {
        var statistics = EngineStatistics()
        statistics.snapshotsRefused = await services.counters.snapshotsRefused
        statistics.commitsInDoubt = await services.counters.commitsInDoubt
        statistics.sessionsQuarantined = await services.counters.quarantined
        statistics.sessionsRetired = await services.counters.retired
        let outbox = await services.outbox.status
        statistics.deliveriesMade = await services.outbox.delivered
        statistics.deliveryFailures = await services.outbox.failures
        statistics.deliveriesPending = outbox.pending
        statistics.deliveriesFailed = outbox.failed
        statistics.oldestDeliveryMilliseconds =
            outbox.oldestPending.map { max(0, services.ports.clock.now().milliseconds - $0.milliseconds) } ?? 0
        statistics.rowsAudited = await services.counters.audited
        (statistics.projectsToAudit, statistics.auditMilliseconds) = await services.audit.backlog()
        statistics.takeovers = await shards.takeovers
        statistics.sessionsReleased = await directory.releasedCount
        statistics.formats = await shards.formats
        statistics.leaseMilliseconds = services.tenure.milliseconds
        return statistics
    }
}
