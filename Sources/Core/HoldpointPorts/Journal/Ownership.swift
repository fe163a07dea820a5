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
