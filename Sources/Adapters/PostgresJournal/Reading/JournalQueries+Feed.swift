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
          select max(f.xid) from feed f where f.tenant = $1 and f.project = $2 and f.xid >= oldest.xid)
        from oldest
        """)
    // With `offset 0` each session is looked up by its key, and not among all of the project.
    private static let page = PostgresStatement(
        """
        select xid, n, key, name, seq, time, type, on_feed, chain, data from (
          select f.xid, f.n, s.key, s.name, e.seq, e.time, e.type, e.on_feed, e.chain, e.data,
            sum(octet_length(e.data)) over (order by f.xid, f.n rows unbounded preceding) - octet_length(e.data)
              as before
          from (
            select xid, n, session, seq from feed
            where tenant = $1 and project = $2 and (xid, n) > ($3::int8, $4::int8)
              and xid < (select pg_snapshot_xmin(pg_current_snapshot())::text::int8)
            order by xid, n limit $5) f
          join events e on e.session = f.session and e.seq = f.seq and e.tenant = $1 and e.project = $2
          cross join lateral (
            select key, name from sessions where key = f.session and tenant = $1 and project = $2 offset 0) s
        ) sized where before < $6 order by xid, n
        """)

    /// A page of a project's feed, of what no transaction under way can precede any more.
    func feed(
        in scope: Scope, after position: FeedPosition, limit: Int
    ) async throws(PostgresError) -> [FeedItem] {
        guard let project = try await projects.numbers(of: scope) else { return [] }
        let parameters: [PostgresValue] = [
            .int8(position.transaction), .int8(position.index), .int8(Int64(limit)), .int8(Int64(JournalPage.bytes)),
        ]
        let rows = try await settled(in: project, Self.page, parameters, enough: limit)
        return try rows.map { (row) throws(PostgresError) in
            let position = FeedPosition(transaction: try row.integer(0), index: try row.integer(1))
            let session = SessionIdentity(scope: scope, key: try row.sessionKey(2), id: try row.sessionID(3))
            return FeedItem(position: position, session: session, event: try row.event(4))
        }
    }

    private static let head = PostgresStatement(
        """
        select coalesce(b.xid, 0), coalesce(b.n, 0), coalesce(h.xid, 0), coalesce(h.n, 0) from (
          select max(xid) as xid, max(n) as n from feed_starts where tenant = $1 and project = $2) b
        left join (
          select xid, n from feed
          where tenant = $1 and project = $2 and xid < (select pg_snapshot_xmin(pg_current_snapshot())::text::int8)
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
