import EventLoop
import HoldpointCore
import HoldpointPorts
import PostgresClient

/// The queues in front of the writing connections: one for the commits of each slot, one for what came
/// of its deliveries, and one for the inbox.
struct JournalLanes: Sendable {
    private let commits: [BatchLane<CommitStore>]
    private let deliveries: [BatchLane<DeliveryStore>]
    /// Changes of the inbox, on any of the connections.
    let inbox: BatchLane<InboxStore>

    init(_ pool: PostgresPool, fences: HeldFences, limits: WriteLimits, on loop: EventLoop) {
        commits = (0..<HeldFences.slots).map { slot in
            BatchLane(CommitStore(pool: pool, slot: slot, fences: fences, limits: limits), on: loop, limits: limits)
        }
        deliveries = (0..<HeldFences.slots).map { slot in
            BatchLane(
                DeliveryStore(pool: pool, slot: slot, fences: fences, limits: limits), on: loop, limits: limits)
        }
        inbox = BatchLane(InboxStore(pool: pool, limits: limits), on: loop, limits: limits)
    }

    /// Commits of the sessions of a shard.
    func commits(of shard: Shard) -> BatchLane<CommitStore> { commits[HeldFences.slot(of: shard)] }

    /// What came of deliveries of the sessions of a shard.
    func deliveries(of shard: Shard) -> BatchLane<DeliveryStore> { deliveries[HeldFences.slot(of: shard)] }

    /// How many writes wait in all lanes, those under way not counted.
    func waitingCount() async -> Int {
        var sum = await inbox.waitingCount
        for lane in commits { sum += await lane.waitingCount }
        for lane in deliveries { sum += await lane.waitingCount }
        return sum
    }
}
