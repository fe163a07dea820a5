import HoldpointCore
import PostgresClient

/// How values of the core travel as parameters.
extension PostgresValue {
    /// A `uuid`.
    static func identifier(_ value: Identifier128) -> PostgresValue { .uuid(PostgresUUID(value)) }

    /// An array of `uuid`.
    static func identifiers(_ values: [Identifier128?]) -> PostgresValue {
        .uuidArray(values.map { $0.map { PostgresUUID($0) } })
    }

    /// A `bytea` of 32 bytes.
    static func digest(_ value: Digest) -> PostgresValue { .bytes(value.bytes) }

    /// Milliseconds since 1970, or null.
    static func time(_ value: Timestamp?) -> PostgresValue { optional(value?.milliseconds) }

    /// A number, or null.
    static func optional(_ value: Int64?) -> PostgresValue { value.map { .int8($0) } ?? .null(.int8) }

    /// A text, or null.
    static func optional(_ value: String?) -> PostgresValue { value.map { .text($0) } ?? .null(.text) }

    /// Bytes, or null.
    static func optional(_ value: [UInt8]?) -> PostgresValue { value.map { .bytes($0) } ?? .null(.bytes) }

    /// The number of a shard.
    static func shard(_ shard: Shard) -> PostgresValue { .int2(Int16(shard.number)) }

    /// The numbers of shards.
    static func shards(_ shards: some Sequence<Shard>) -> PostgresValue { .int2Array(shards.map { Int16($0.number) }) }
}

extension PostgresUUID {
    /// The same 128 bits.
    init(_ value: Identifier128) {
        self.init(high: value.high, low: value.low)
    }
}

extension Identifier128 {
    /// The same 128 bits.
    init(_ value: PostgresUUID) {
        self.init(high: value.high, low: value.low)
    }
}

extension RequestID {
    /// The `bytea` of 22 bytes in which rows hold it: the time in six bytes, then what is random; its order is theirs.
    var storedBytes: [UInt8] {
        (0..<6).map { UInt8(truncatingIfNeeded: milliseconds >> UInt64(8 * (5 - $0))) } + random.bytes
    }

    /// Reads what `storedBytes` wrote; nil for another number of bytes.
    init?(storedBytes bytes: [UInt8]) {
        guard bytes.count == 22, let random = Identifier128(bytes: bytes.dropFirst(6)) else { return nil }
        let time = bytes.prefix(6).reduce(Int64(0)) { $0 << 8 | Int64($1) }
        self.init(time: Timestamp(milliseconds: time), random: random)
    }
}
