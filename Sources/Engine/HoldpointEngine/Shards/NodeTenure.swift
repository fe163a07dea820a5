import HoldpointCore
import HoldpointPorts
import Synchronization

/// For how long this node may decide, and for which shards; asked on any thread without waiting, by every command.
///
/// The node stops by itself before its lease runs out in the store, whatever keeps it from renewing (I2). A lease that
/// has run out stays so, even if a late answer would prolong it: whoever asked meanwhile has let go of what it did.
final class NodeTenure: Sendable {
    private final class Flag: Sendable {
        let isServed = Atomic(false)
    }

    /// What stands for a lease that lasts as long as the process.
    private static let unlimited = Int64.max
    /// What stands for a lease that was found to have run out.
    private static let over = Int64.min

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
        while true {
            let end = end.load(ordering: .acquiring)
            if end == Self.unlimited { return true }
            if end == Self.over { return false }
            if clock.steadyMilliseconds < end { return true }
            // Whoever is the first to see it makes it so for all, or it was prolonged in this moment.
            let (isOver, _) = self.end.compareExchange(
                expected: end, desired: Self.over, ordering: .acquiringAndReleasing)
            if isOver { return false }
        }
    }

    /// For how long the lease still stands, in milliseconds; nil if it has no end.
    var milliseconds: Int64? {
        let end = end.load(ordering: .acquiring)
        if end == Self.unlimited { return nil }
        return end == Self.over ? 0 : max(0, end - clock.steadyMilliseconds)
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

    /// Begins a lease; nil: it does not end.
    func begin(until end: Int64?) { self.end.store(end ?? Self.unlimited, ordering: .releasing) }

    /// Moves the end of the lease, unless it has run out; returns whether it stands.
    func extend(to end: Int64?) -> Bool {
        let present = self.end.load(ordering: .acquiring)
        guard isValid else { return false }
        return self.end.compareExchange(
            expected: present, desired: end ?? Self.unlimited, ordering: .acquiringAndReleasing
        ).exchanged
    }

    /// Lets commands for these shards be decided here, or not any more.
    func set(_ shards: some Sequence<Shard>, areServed: Bool) {
        for shard in shards { flags[Int(shard.number)].isServed.store(areServed, ordering: .releasing) }
    }
}
