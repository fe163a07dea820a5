import HoldpointCore

/// How the shards are divided among the nodes whose leases stand: within one apart.
package enum ShardShares {
    /// How many shards a node has more than it is to keep.
    ///
    /// Those who own most keep the larger shares, so that no more shards move than must.
    ///
    /// - Parameter owned: how many shards each of the nodes owns.
    package static func excess(of node: String, among owned: [String: Int]) -> Int {
        let order = owned.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        guard let place = order.firstIndex(where: { $0.key == node }) else { return 0 }
        let (share, rest) = Shard.all.count.quotientAndRemainder(dividingBy: order.count)
        return max(0, order[place].value - share - (place < rest ? 1 : 0))
    }
}
