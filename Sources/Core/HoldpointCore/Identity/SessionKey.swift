/// The internal name of a session: a UUID of version 7, made by the node that took the start.
///
/// Rows are keyed by it; the API shows `SessionID` instead. Its last byte is the session's shard.
package struct SessionKey: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The 128 bits.
    package let value: Identifier128

    package init(_ value: Identifier128) {
        self.value = value
    }

    /// Makes a key from the time and 128 random bits.
    package init(time: Timestamp, random: Identifier128) {
        value = Identifier128(time: time, random: random)
    }

    /// The slice of the session space that this session belongs to.
    package var shard: Shard { Shard(UInt8(truncatingIfNeeded: value.low)) }

    package var description: String { value.hexadecimal }

    /// Feeds the half that is random.
    package func hash(into hasher: inout Swift.Hasher) { hasher.combine(value.low) }

    package static func < (left: Self, right: Self) -> Bool { left.value < right.value }
}

/// One of 256 slices of the session space; at most one node owns a shard at a time.
package struct Shard: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The number of the shard, 0 to 255.
    package let number: UInt8

    package init(_ number: UInt8) {
        self.number = number
    }

    /// All 256 shards in order.
    package static let all: [Shard] = (0...255).map { Shard(UInt8($0)) }

    package var description: String { String(number) }

    package static func < (left: Self, right: Self) -> Bool { left.number < right.number }
}
