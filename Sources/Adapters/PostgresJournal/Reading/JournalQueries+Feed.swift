import HoldpointCore
import HoldpointPorts
import PostgresClient

extension JournalQueries {
    /// The oldest transaction under way, and the newest one that has committed something at or above it.
    ///
    /// It runs before the page is read: what it does not find held back is on the page.
    private static let held = PostgresStatement(
        """
        with oldest as materialized (select pg_snapshot_xmin(pg_current_snapshot())::text::int8 as xid)
        select oldest.xid, (
          select max(l.xid) from log l
          where l.tenant = $1 and l.project = $2 and l.n is not null and l.xid >= oldest.xid)
        from oldest
        """)
    // With `offset 0` each session is looked up by its key, and not among all of the project.
    private static let page = PostgresStatement(
        """
        select xid, n, key, name, record from (
          select l.xid, l.n, s.key, s.name, l.record,
            sum(octet_length(l.record)) over (order by l.xid, l.n rows unbounded preceding) - octet_length(l.record)
              as before
          from (
            select xid, n, session, record from log
            where tenant = $1 and project = $2 and n is not null and (xid, n) > ($3::int8, $4::int8)
              and xid < (select pg_snapshot_xmin(pg_current_snapshot())::text::int8)
            order by xid, n limit $5) l
          cross join lateral (
            select key, name from sessions where key = l.session and tenant = $1 and project = $2 offset 0) s
        ) sized where before < $6 order by xid, n
        """)

    /// A page of a project's feed, of what no transaction under way can precede any more.
    func feed(
        in scope: Scope, after position: FeedPosition, limit: Int
    ) async throws(PostgresError) -> [FeedItem] {
        guard let project = try await projects.numbers(of: scope) else { return [] }
        var page = LogPage<FeedItem>(limit: limit)
        var last = position
        while !page.isFull {
            let parameters: [PostgresValue] = [
                .int8(last.transaction), .int8(last.index), .int8(Int64(page.room)), .int8(Int64(JournalPage.bytes)),
            ]
            var bytes = 0
            for row in try await settled(in: project, Self.page, parameters, enough: page.room) {
                for item in try items(row, in: scope) where item.position > last {
                    page.append(item, bytes: item.event.data.count)
                    last = item.position
                }
                bytes += try row.bytes(4).count
            }
            // What the server did not end for its bytes, it ended for want of more, or there is room for no more.
            if bytes < JournalPage.bytes { break }
        }
        return page.items
    }

    /// The events of a commit that are on the feed; the row has the number of the last one.
    private func items(_ row: PostgresRow, in scope: Scope) throws(PostgresError) -> [FeedItem] {
        let session = SessionIdentity(scope: scope, key: try row.sessionKey(2), id: try row.sessionID(3))
        let transaction = try row.integer(0)
        let events = try row.events(4).filter(\.isOnFeed)
        var number = try row.integer(1) - Int64(events.count)
        return events.map { event in
            number += 1
            let position = FeedPosition(transaction: transaction, index: number)
            return FeedItem(position: position, session: session, event: event)
        }
    }

    private static let head = PostgresStatement(
        """
        select coalesce(b.xid, 0), coalesce(b.n, 0), coalesce(h.xid, 0), coalesce(h.n, 0) from (
          select max(xid) as xid, max(n) as n from feed_starts where tenant = $1 and project = $2) b
        left join (
          select xid, n from log
          where tenant = $1 and project = $2 and n is not null
            and xid < (select pg_snapshot_xmin(pg_current_snapshot())::text::int8)
          order by xid desc, n desc limit 1) h on true
        """)

    /// The ends of a project's feed: it begins after the last event of a session that was retired.
    ///
    /// Nothing can appear before its head any more.
    func feedBounds(in scope: Scope) async throws(PostgresError) -> FeedBounds {
        guard let project = try await projects.numbers(of: scope),
            let row = try await settled(in: project, Self.head, [], enough: .max).first
        else { return FeedBounds(oldest: .start, head: .start) }
        let oldest = FeedPosition(transaction: try row.integer(0), index: try row.integer(1))
        let head = FeedPosition(transaction: try row.integer(2), index: try row.integer(3))
        return FeedBounds(oldest: oldest, head: max(oldest, head))
    }

    /// Reads what is settled, looking again for a moment if what was committed before the first look is not.
    ///
    /// - Parameter enough: with so many rows there is no reason to look again.
    private func settled(
        in project: ProjectNumbers, _ statement: PostgresStatement, _ parameters: [PostgresValue], enough: Int
    ) async throws(PostgresError) -> [PostgresRow] {
        var wanted: Int64?
        for pause in FeedHorizon.pauses {
            let (oldest, held, rows) = try await look(in: project, statement, parameters)
            wanted = wanted ?? held
            guard let wanted, wanted >= oldest, rows.count < enough, !horizon.isStalled(at: oldest) else { return rows }
            await horizon.pause(pause)
        }
        let (oldest, _, rows) = try await look(in: project, statement, parameters)
        if let wanted, wanted >= oldest { horizon.stall(at: oldest) }
        return rows
    }

    private func look(
        in project: ProjectNumbers, _ statement: PostgresStatement, _ parameters: [PostgresValue]
    ) async throws(PostgresError) -> (oldest: Int64, held: Int64?, rows: [PostgresRow]) {
        var segment = segment(in: project, Self.held, [])
        segment.add(statement, project.values + parameters)
        let results = try await scoped.run(segment)
        guard results.count == 3, let held = results[1].rows.first else { throw .unexpectedValue(column: 0, .null) }
        return (try held.integer(0), try held.optionalInteger(1), results[2].rows)
    }
}
