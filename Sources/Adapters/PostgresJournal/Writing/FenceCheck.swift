import HoldpointCore
import HoldpointPorts
import PostgresClient

/// The first two statements of every segment that writes under fences (I2); each divides by zero when it refuses.
///
/// The first one finds the writing connection's own row under a lock that raising the generation waits for, and that
/// a renewal does not. It comes first: whoever takes shards away has deleted or raised that row before, so that what
/// the second one reads cannot change before the end of the transaction.
enum FenceCheck {
    /// How many statements a check has.
    static let statements = 2

    /// Appends the check of one slot's fences, which have one generation.
    static func add(_ fences: some Sequence<Fence>, in life: NodeLife, slot: Int, to segment: inout PostgresSegment) {
        let unique = Set(fences)
        let generation = unique.first?.generation ?? 0
        let name = PostgresValue.text(life.node.text)
        segment.add(writerCheck, [name, .int8(life.incarnation), .int2(Int16(slot)), .int8(generation)])
        segment.add(
            ownerCheck,
            [name, .int8(life.incarnation), .shards(unique.map(\.shard)), .int8Array(unique.map(\.epoch))])
    }

    /// Of these fences, those whose shards the life owns with this epoch.
    static func owned(
        _ fences: [Fence], in life: NodeLife, by pool: PostgresPool, on slot: Int
    ) async throws(PostgresError) -> Set<Fence> {
        let parameters: [PostgresValue] = [.text(life.node.text), .int8(life.incarnation)]
        let result = try await pool.run(selectOwned, parameters, on: slot)
        var epochs: [Shard: Int64] = [:]
        for row in result.rows { epochs[try row.shard(0)] = try row.integer(1) }
        return Set(fences.filter { epochs[$0.shard] == $0.epoch })
    }

    private static let writerCheck = PostgresStatement(
        """
        select 1 / count(*) from (
            select 1 from fences where node = $1 and incarnation = $2 and slot = $3 and generation = $4
            for key share) l
        """)

    private static let ownerCheck = PostgresStatement(
        """
        select 1 / (count(*) = cardinality($3))::int4 from unnest($3::int2[], $4::int8[]) as u(shard, epoch)
        join shards s on s.shard = u.shard and s.epoch = u.epoch and s.owner = $1 and s.incarnation = $2
        """)

    private static let selectOwned = PostgresStatement(
        "select shard, epoch from shards where owner = $1 and incarnation = $2")
}
