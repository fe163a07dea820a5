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
        statistics.takeovers = await shards.takeovers
        statistics.sessionsReleased = await directory.releasedCount
        statistics.formats = await shards.formats
        statistics.leaseMilliseconds = services.tenure.milliseconds
        return statistics
    }
}
