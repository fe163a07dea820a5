import HoldpointCore
import HoldpointPorts
import Synchronization

/// The fences under which this node writes; what is not here is another node's (I2).
actor Ownership {
    private var fences: [Shard: Fence] = [:]
    private var leases: [Shard: ShardLease] = [:]
    nonisolated private let executor: any Actor
    nonisolated private let tenure: NodeTenure

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.unownedExecutor }

    init(on executor: any Actor, tenure: NodeTenure) {
        self.executor = executor
        self.tenure = tenure
    }

    func take(_ fences: [Fence]) {
        for fence in fences { hold(fence) }
    }

    /// The right to write a shard; nil once the lease is over, whether or not the store has another owner yet.
    func fence(for shard: Shard) -> Fence? { tenure.isValid ? fences[shard] : nil }

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
            leases.updateValue(ShardLease(tenure), forKey: fence.shard)?.end()
        }
        fences[fence.shard] = fence
    }
}

/// Whether a shard is held under one epoch; asked on any thread without waiting, right before something is sent.
final class ShardLease: Sendable {
    private let held = Atomic(true)
    private let tenure: NodeTenure

    fileprivate init(_ tenure: NodeTenure) {
        self.tenure = tenure
    }

    /// False from the moment when the shard is lost, for ever; and while the node's lease has run out.
    var isHeld: Bool { held.load(ordering: .acquiring) && tenure.isValid }

    fileprivate func end() { held.store(false, ordering: .releasing) }
}
