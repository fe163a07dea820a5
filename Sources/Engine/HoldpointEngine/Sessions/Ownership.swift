import HoldpointCore
import HoldpointPorts

/// The fences under which this node writes; what is not here is another node's (I2).
actor Ownership {
    private var fences: [Shard: Fence] = [:]
    nonisolated private let executor: any Actor

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.unownedExecutor }

    init(on executor: any Actor) {
        self.executor = executor
    }

    func take(_ fences: [Fence]) {
        for fence in fences { self.fences[fence.shard] = fence }
    }

    func fence(for shard: Shard) -> Fence? { fences[shard] }

    /// Takes in a raised fence; an older one changes nothing.
    func raise(to fence: Fence) {
        guard let current = fences[fence.shard], (current.epoch, current.generation) < (fence.epoch, fence.generation)
        else { return }
        fences[fence.shard] = fence
    }

    func drop(_ shard: Shard) { fences[shard] = nil }

    func shards() -> [Shard] { fences.keys.sorted() }
}
