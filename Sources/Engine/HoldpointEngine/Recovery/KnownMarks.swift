import HoldpointCore

/// What a node knows of the marks that stand in shards which it took over, and may lose and take over again (I10).
///
/// There is never more than stood in the shards when they were looked at last, and what this node wrote since.
struct KnownMarks: Sendable {
    /// The bits of a group's id, from the lowest: its number, the epoch under which it was written, the shard.
    static let countBits: Int64 = 20
    static let epochBits: Int64 = 20

    /// This life's own marks that may stand: nobody died under them.
    var own: Set<Int64> = []
    /// Marks under which a process died for certain.
    var certain: Set<Int64> = []

    static func shard(of group: Int64) -> Shard { Shard(UInt8(clamping: group >> (countBits + epochBits))) }

    /// Forgets what is known of marks in these shards, but for those.
    mutating func forget(all shards: Set<Shard>, except ids: Set<Int64>) {
        func remains(_ id: Int64) -> Bool { ids.contains(id) || !shards.contains(Self.shard(of: id)) }
        own = own.filter(remains)
        certain = certain.filter(remains)
    }

    /// Takes out what is about these shards.
    mutating func take(_ shards: Set<Shard>) -> KnownMarks {
        var taken = self
        forget(all: shards, except: [])
        taken.own.subtract(own)
        taken.certain.subtract(certain)
        return taken
    }

    mutating func add(_ other: KnownMarks) {
        own.formUnion(other.own)
        certain.formUnion(other.certain)
    }
}
