import EventLoop
import HoldpointCore
import HoldpointPorts
import Synchronization

/// One life of a node: what its rows in `fences` and `shards` are known by.
struct NodeLife: Sendable, Hashable {
    /// The node's name.
    let node: NodeName
    /// The number of the life; never given twice in one database.
    let incarnation: Int64
}

/// What this process knows of its own life: who it is, the shards that are its own, and its writers' generations.
///
/// It spares the database what is known to be refused, and never decides by itself: every segment that writes under a
/// fence checks it again in the database, under a lock.
final class HeldFences: Sendable {
    /// How many connections write sessions; each has fence rows of its own.
    static let slots = 2

    /// The writing connection of a shard: a session is never written by two.
    static func slot(of shard: Shard) -> Int { Int(shard.number) % slots }

    private struct State {
        var life: NodeLife?
        var generations = [Int64](repeating: 0, count: HeldFences.slots)
        var epochs: [Shard: Int64] = [:]
        /// Counts beginnings and ends of handing over; odd while one is under way.
        var handOvers = 0
    }

    private let state = Locked(State())
    private let began = Atomic(false)

    /// Whether this process has had a life yet.
    var hasBegun: Bool { began.load(ordering: .acquiring) }

    /// The present life; nil before `takeUp`, after `layDown` and once the lease is known to be over.
    var life: NodeLife? { state.withLock { $0.life } }

    /// The number under which a slot writes.
    func generation(ofSlot slot: Int) -> Int64 { state.withLock { $0.generations[slot] } }

    /// The fence of a shard as it is now; nil if the shard is not this node's.
    func fence(of shard: Shard) -> Fence? { state.withLock { Self.fence(of: shard, in: $0) } }

    /// The life that may write under a fence; nil if the fence is known to be an old one.
    func life(under fence: Fence) -> NodeLife? {
        state.withLock { Self.fence(of: fence.shard, in: $0) == fence ? $0.life : nil }
    }

    private static func fence(of shard: Shard, in state: State) -> Fence? {
        guard state.life != nil, let epoch = state.epochs[shard] else { return nil }
        return Fence(shard: shard, epoch: epoch, generation: state.generations[slot(of: shard)])
    }
}

extension HeldFences {
    /// Begins a life that owns nothing yet.
    func begin(_ life: NodeLife, generation: Int64) {
        began.store(true, ordering: .releasing)
        state.withLock {
            $0 = State(handOvers: $0.handOvers)
            $0.life = life
            $0.generations = [Int64](repeating: generation, count: Self.slots)
        }
    }

    /// Ends a life, unless another has begun since.
    func end(_ life: NodeLife) {
        state.withLock {
            guard $0.life == life else { return }
            $0 = State(handOvers: $0.handOvers)
        }
    }

    /// Notes a slot's generation; an older one than is known changes nothing.
    func raise(_ generation: Int64, ofSlot slot: Int, in life: NodeLife) {
        state.withLock {
            guard $0.life == life else { return }
            $0.generations[slot] = max($0.generations[slot], generation)
        }
    }

    /// The number by which `settle` knows whether shards were handed over meanwhile; nil while they are.
    func beginSurvey() -> Int? { state.withLock { $0.handOvers.isMultiple(of: 2) ? $0.handOvers : nil } }

    /// Takes over what the database says is owned, and returns the fences that are new; nil if the answer may be older
    /// than a hand-over.
    func settle(_ epochs: [Shard: Int64], survey: Int?, in life: NodeLife) -> [Fence]? {
        state.withLock { state in
            guard state.life == life, survey == state.handOvers else { return nil }
            let gained = epochs.keys.filter { state.epochs[$0] != epochs[$0] }.sorted()
            state.epochs = epochs
            return gained.compactMap { Self.fence(of: $0, in: state) }
        }
    }

    /// Notes that shards are being handed over; to be followed by `endHandOver`.
    func beginHandOver() { state.withLock { $0.handOvers += 1 } }

    /// Notes the end of handing over, and which shards are no longer this node's.
    func endHandOver(of shards: [Shard], in life: NodeLife) {
        state.withLock {
            $0.handOvers += 1
            guard $0.life == life else { return }
            for shard in shards { $0.epochs[shard] = nil }
        }
    }
}
