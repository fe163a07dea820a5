/// The two connections of the pool `lease`.
///
/// A renewal never waits behind what waits for a lock: that would end the lease that it is to keep.
enum LeaseConnections {
    /// How many there are.
    static let count = 2
    /// Renews; waits for nobody, except for someone who is just ending this life.
    static let renewal = 0
    /// Joins, hands over, fences and raises generations; may wait for what is being written.
    static let waiting = 1
}
