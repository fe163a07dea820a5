package import HoldpointPorts
package import RedisClient

/// Which Redis a node uses, and within which bounds.
package struct RedisStreamsConfiguration: Sendable {
    /// The server.
    package var redis: RedisConfiguration
    /// This node.
    package var node: NodeName
    /// For how long a read waits for deliveries, so that shards which were gained are read soon; default 250 ms.
    package var readWait: Duration = .milliseconds(250)
    /// How often deliveries are reclaimed that some node took and has not acknowledged for as long; default 5 s.
    package var reclaimInterval: Duration = .seconds(5)
    /// How many events of a session are kept, about; default 1,000.
    package var tailLength: Int64 = 1_000
    /// For how many seconds they are kept after the last of them; default 3,600.
    package var tailSeconds: Int64 = 3_600
    /// How many stored commands a stream of a shard keeps, about; default 10,000.
    package var commandStreamLength: Int64 = 10_000
    /// How many deliveries may be without acknowledgement and known here; others come again; default 65,536.
    package var maximumUnacknowledged = 65_536

    /// How many deliveries one read takes from each stream.
    package static let readCount: Int64 = 32
    /// How many deliveries are reclaimed from a stream at once.
    package static let reclaimCount: Int64 = 128
    /// How many acknowledgements travel in one command.
    package static let acknowledgementsAtOnce = 256
    /// How many announcements may wait for their reader; others are left to the comparison with the journal.
    package static let announcementCapacity = 16_384
    /// How many doorbells may wait to be published, beside `RedisLimits.maximumPendingBytes` of their events' data;
    /// others are left to the comparison of heads with the journal.
    package static let doorbellCapacity = 8_192
    /// The pause after a read that failed.
    package static let retryPause: Duration = .milliseconds(100)

    /// A node with the defaults.
    package init(redis: RedisConfiguration, node: NodeName) {
        self.redis = redis
        self.node = node
        if self.redis.name == nil { self.redis.name = "holdpoint:\(node)" }
    }
}
