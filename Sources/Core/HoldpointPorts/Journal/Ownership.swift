package import HoldpointCore

/// What lets a node write a shard's sessions: the owner's epoch and the writer's generation (I2).
///
/// The store checks both inside the transaction of every commit, under a lock.
package struct Fence: Sendable, Hashable {
    /// The shard that the session belongs to.
    package let shard: Shard
    /// Counts the owners of the shard; a write under an old one is refused.
    package let epoch: Int64
    /// Counts the lives of the writer's connection; raised before an in-doubt commit is resolved.
    package let generation: Int64

    package init(shard: Shard, epoch: Int64, generation: Int64) {
        self.shard = shard
        self.epoch = epoch
        self.generation = generation
    }
}

/// What a node learns when it takes up its shards.
package struct Tenure: Sendable, Equatable {
    /// The fence of each shard that this node owns, by shard.
    package let fences: [Fence]
    /// Whether the life before this one ended without a clean stop (I10).
    package let followsUncleanDeath: Bool

    package init(fences: [Fence], followsUncleanDeath: Bool) {
        self.fences = fences
        self.followsUncleanDeath = followsUncleanDeath
    }
}

/// A shard that a node has come to own after it took up.
package struct ShardGain: Sendable, Equatable {
    /// The right to write it.
    package let fence: Fence
    /// Whether its owner before died, so that work of its sessions may be what killed it (I10).
    package let followsUncleanDeath: Bool

    package init(fence: Fence, followsUncleanDeath: Bool) {
        self.fence = fence
        self.followsUncleanDeath = followsUncleanDeath
    }
}

/// What a node learns when it renews its lease.
package struct LeaseReport: Sendable, Equatable {
    /// Shards that are this node's since this renewal.
    package let gained: [ShardGain]
    /// How many of its shards this node is to hand over, since another has fewer than its share.
    package let excess: Int
    /// For how long the lease stands, in milliseconds from the moment when the renewal was asked for; nil: for as long
    /// as the process lives.
    package let milliseconds: Int64?
    /// The store's clock at the renewal; nil where it is the node's own.
    package let time: Timestamp?
    /// The number of the latest forms that may be written (`DataFormats`): every node that shares the store reads them,
    /// and no node that does not may join any more; nil where nobody shares it, so that nothing need wait.
    package let formats: Int64?

    package init(
        gained: [ShardGain], excess: Int, milliseconds: Int64?, time: Timestamp?, formats: Int64? = nil
    ) {
        self.gained = gained
        self.excess = excess
        self.milliseconds = milliseconds
        self.time = time
        self.formats = formats
    }

    /// What a store of one process says: there is nobody to share with.
    package static let unshared = LeaseReport(gained: [], excess: 0, milliseconds: nil, time: nil)
}

/// A node as operators see it.
package struct NodeRecord: Sendable, Equatable {
    /// Its name.
    package let name: NodeName
    /// When this life of it began.
    package let startedAt: Timestamp
    /// When its lease was last renewed; nil where there are no leases.
    package let renewedAt: Timestamp?
    /// Whether its lease stands.
    package let isLive: Bool
    /// How many shards it owns.
    package let shards: Int
    /// Which release it runs; nil where the store does not say.
    package let release: String?
    /// The number of the latest forms that it reads (`DataFormats`); nil where the store does not say.
    package let formats: Int64?

    package init(
        name: NodeName, startedAt: Timestamp, renewedAt: Timestamp?, isLive: Bool, shards: Int,
        release: String? = nil, formats: Int64? = nil
    ) {
        self.name = name
        self.startedAt = startedAt
        self.renewedAt = renewedAt
        self.isLive = isLive
        self.shards = shards
        self.release = release
        self.formats = formats
    }
}

/// The name of a node, for people and for leases.
package struct NodeName: Sendable, Hashable, CustomStringConvertible {
    /// The name as text: `[A-Za-z0-9._-]{1,128}`.
    package let text: String

    /// Checks the form; throws `InvalidName`.
    package init(_ text: String) throws(InvalidName) {
        // The same form as a session's id: it travels in the same kinds of places.
        self.text = try SessionID(text).text
    }

    package var description: String { text }
}
