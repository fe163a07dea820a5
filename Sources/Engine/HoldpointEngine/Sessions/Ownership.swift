import HoldpointCore
import HoldpointPorts
import Synchronization

/// The fences under which this node writes; what is not here is another node's (I2).
actor Ownership {
    private var fences: [Shard: Fence] = [:]
    private var leases: [Shard: ShardLease] = [:]
    nonisolated private let executor: any Actor

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.unownedExecutor }

    init(on executor: any Actor) {
        self.executor = executor
    }

    func take(_ fences: [Fence]) {
        for fence in fences { hold(fence) }
    }

    func fence(for shard: Shard) -> Fence? { fences[shard] }

    /// Takes in a raised fence; an older one changes nothing.
    func raise(to fence: Fence) {
        guard let current = fences[fence.shard], (current.epoch, current.generation) < (fence.epoch, fence.generation)
        else { return }
        hold(fence)
    }

    func drop(_ shard: Shard) {
        fences[shard] = nil
        leases.removeValue(forKey: shard)?.end()
    }

    func shards() -> [Shard] { fences.keys.sorted() }

    /// What tells, at any later moment, whether the shard is still this node's; nil if it is not now.
    func lease(of shard: Shard) -> ShardLease? { leases[shard] }

    private func hold(_ fence: Fence) {
        // Under another epoch it is another owner's, even if that is this node again.
        if leases[fence.shard] == nil || fences[fence.shard]?.epoch != fence.epoch {
            leases.updateValue(ShardLease(), forKey: fence.shard)?.end()
        }
        fences[fence.shard] = fence
    }
}

/// Whether a shard is held under one epoch; asked on any thread without waiting, right before something is sent.
final class ShardLease: Sendable {
    private let held = Atomic(true)

    /// False from the moment when the shard is lost, for ever.
    var isHeld: Bool { held.load(ordering: .acquiring) }

    fileprivate func end() { held.store(false, ordering: .releasing) }
}
