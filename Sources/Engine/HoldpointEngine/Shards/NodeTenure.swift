import HoldpointCore
import HoldpointPorts
import Synchronization

/// For how long this node may decide, and for which shards; asked on any thread without waiting, by every command.
///
/// The node stops by itself before its lease runs out in the store, whatever keeps it from renewing (I2).
final class NodeTenure: Sendable {
    private final class Flag: Sendable {
        let isServed = Atomic(false)
    }

    /// What stands for a lease that lasts as long as the process.
    private static let unlimited = Int64.max

    private let clock: any Clock
    /// Until when the lease stands, by the clock's steady count.
    private let end = Atomic<Int64>(unlimited)
    private let flags = Shard.all.map { _ in Flag() }

    init(clock: any Clock) {
        self.clock = clock
    }

    /// Whether other nodes may own shards of the store.
    var isShared: Bool { end.load(ordering: .acquiring) != Self.unlimited }

    /// Whether the lease stands now.
    var isValid: Bool {
        let end = end.load(ordering: .acquiring)
        return end == Self.unlimited || clock.steadyMilliseconds < end
    }

    /// For how long the lease still stands, in milliseconds; nil if it has no end.
    var milliseconds: Int64? {
        let end = end.load(ordering: .acquiring)
        return end == Self.unlimited ? nil : max(0, end - clock.steadyMilliseconds)
    }

    /// Whether commands for a shard's sessions are decided here now.
    func serves(_ shard: Shard) -> Bool {
        isFlagged(shard.number) && isValid
    }

    /// The shards whose commands are decided here, in order.
    var served: [Shard] { isValid ? Shard.all.filter { isFlagged($0.number) } : [] }

    /// One of the shards whose commands are decided here, each for as many numbers as any other; nil if there is none.
    ///
    /// A node mostly owns a row of neighbours, so the next one from a number on would be the first of them.
    func servedShard(by number: UInt16) -> Shard? {
        guard isValid else { return nil }
        let count = Shard.all.count { isFlagged($0.number) }
        var left = count == 0 ? 0 : Int(number) % count
        for shard in Shard.all where isFlagged(shard.number) {
            if left == 0 { return shard }
            left -= 1
        }
        return nil
    }

    private func isFlagged(_ number: UInt8) -> Bool { flags[Int(number)].isServed.load(ordering: .acquiring) }

    /// Moves the end of the lease; nil: it does not end.
    func extend(to end: Int64?) { self.end.store(end ?? Self.unlimited, ordering: .releasing) }

    /// Lets commands for these shards be decided here, or not any more.
    func set(_ shards: some Sequence<Shard>, areServed: Bool) {
        for shard in shards { flags[Int(shard.number)].isServed.store(areServed, ordering: .releasing) }
    }
}
