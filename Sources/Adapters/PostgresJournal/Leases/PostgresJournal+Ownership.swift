import HoldpointCore
package import HoldpointPorts
import PostgresClient

extension PostgresJournal {
    package func handOver(_ leaving: [Fence]) async throws(JournalError) {
        guard !leaving.isEmpty else { return }
        guard let life = fences.life else { throw .fenced }
        let slots = Set(leaving.map { HeldFences.slot(of: $0.shard) }).sorted()
        var segment = PostgresSegment(
            Self.raiseAll, life.parameters + [.int2Array(slots.map { Int16($0) })])
        segment.add(
            Self.giveUp, life.parameters + [.shards(leaving.map(\.shard)), .int8Array(leaving.map(\.epoch))])
        fences.beginHandOver()
        var given: [Shard] = []
        defer { fences.endHandOver(of: given, in: life) }
        let raised: [PostgresRow]
        do throws(PostgresError) {
            let results = try await lease.run(segment, on: LeaseConnections.waiting)
            raised = results.first?.rows ?? []
            for row in raised {
                fences.raise(try row.integer(1), ofSlot: Int(try row.integer(0)), in: life)
            }
            for row in results.last?.rows ?? [] { given.append(try row.shard(0)) }
        } catch {
            throw JournalError(error)
        }
        if raised.isEmpty {
            fences.end(life)
            throw .fenced
        }
    }

    package func raiseGeneration(of fence: Fence) async throws(JournalError) -> Fence {
        guard let life = fences.life, let current = fences.fence(of: fence.shard), current.epoch == fence.epoch else {
            throw .fenced
        }
        guard current.generation == fence.generation else { return current }
        let slot = HeldFences.slot(of: fence.shard)
        let place = life.parameters + [.int2(Int16(slot))]
        // Many sessions may ask at once, since they were written together: the first one raises it for all.
        var segment = PostgresSegment(Self.raise, place + [.int8(fence.generation)])
        segment.add(Self.selectGeneration, place)
        let generation: Int64?
        do throws(PostgresError) {
            generation = try await lease.run(segment, on: LeaseConnections.waiting).last?.rows.first?.integer(0)
        } catch {
            throw JournalError(error)
        }
        guard let generation else {
            fences.end(life)
            throw .fenced
        }
        fences.raise(generation, ofSlot: slot, in: life)
        guard let raised = fences.fence(of: fence.shard), raised.epoch == fence.epoch else { throw .fenced }
        return raised
    }

    /// Ends this life, with nothing left to look into for the next owners of its shards.
    package func layDown() async throws(JournalError) {
        guard let life = fences.life else { return }
        var segment = PostgresSegment(Self.lockNode, life.parameters)
        segment.add(Self.deleteFences, life.parameters)
        segment.add(Self.giveUpAll, life.parameters)
        segment.add(Self.deleteNode, life.parameters)
        let results: [PostgresResult]
        do throws(PostgresError) {
            results = try await lease.run(segment, on: LeaseConnections.waiting)
        } catch {
            throw JournalError(error)
        }
        fences.end(life)
        if results.last?.affectedRows == 0 { throw .fenced }
    }

    package func nodes() async throws(JournalError) -> [NodeRecord] {
        do throws(PostgresError) {
            var records: [NodeRecord] = []
            for row in try await overseer.run(Self.selectNodes).rows {
                records.append(
                    NodeRecord(
                        name: try row.nodeName(0), startedAt: try row.time(1), renewedAt: try row.time(2),
                        isLive: try row.boolean(3), shards: Int(try row.integer(4)),
                        release: try row.optionalText(5), formats: try row.optionalInteger(6)))
            }
            return records
        } catch {
            throw JournalError(error, reading: true)
        }
    }

    // The generation is part of the key of `fences`: changing it waits for the segments that hold the row, and those
    // that come after under the old one find it gone.
    private static let raise = PostgresStatement(
        """
        update fences set generation = generation + 1
        where node = $1 and incarnation = $2 and slot = $3 and generation = $4
        """)
    private static let selectGeneration = PostgresStatement(
        "select generation from fences where node = $1 and incarnation = $2 and slot = $3")
    private static let raiseAll = PostgresStatement(
        """
        update fences set generation = generation + 1 where node = $1 and incarnation = $2 and slot = any($3)
        returning slot, generation
        """)
    private static let giveUp = PostgresStatement(
        """
        update shards s set owner = null, incarnation = null, unclean = false
        from unnest($3::int2[], $4::int8[]) as g(shard, epoch)
        where s.shard = g.shard and s.epoch = g.epoch and s.owner = $1 and s.incarnation = $2
        returning s.shard
        """)

    // The node's row first, as whoever ends a life from outside does.
    private static let lockNode = PostgresStatement(
        "select 1 from nodes where name = $1 and incarnation = $2 for update")
    private static let deleteFences = PostgresStatement("delete from fences where node = $1 and incarnation = $2")
    private static let giveUpAll = PostgresStatement(
        """
        update shards set owner = null, incarnation = null, unclean = false where owner = $1 and incarnation = $2
        """)
    private static let deleteNode = PostgresStatement(
        "delete from nodes where name = $1 and incarnation = $2 and not fenced")

    private static let selectNodes = PostgresStatement(
        """
        select n.name, n.started, floor(extract(epoch from n.renewed_at) * 1000)::int8,
            not n.fenced and n.expires_at > clock_timestamp(), count(s.shard), n.release, n.formats
        from nodes n left join shards s on s.owner = n.name and s.incarnation = n.incarnation
        group by n.name order by n.name
        """)
}
