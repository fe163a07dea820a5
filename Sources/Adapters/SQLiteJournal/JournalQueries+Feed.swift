import HoldpointCore
import HoldpointPorts
import SQLiteClient

extension JournalQueries {
    /// A page of a project's feed: the one writer gives rows their numbers in the order of commits.
    func feed(
        in scope: Scope, after position: FeedPosition, limit: Int
    ) throws(SQLiteError) -> [FeedItem] {
        guard let project = try project(scope) else { return [] }
        let select = try connection.statement(
            """
            SELECT e.id, s.key, s.name, e.seq, e.time, e.type, e.feed, e.chain, e.data
            FROM blocks b CROSS JOIN events e ON e.id BETWEEN b.block * 64 AND b.block * 64 + 63
              CROSS JOIN sessions s ON s.id = e.session AND s.project = ?1
            WHERE b.kind = 2 AND b.project = ?1 AND b.block >= ?2 / 64 AND e.feed = ?1 AND e.id > ?2
            ORDER BY b.block, e.id LIMIT ?3
            """)
        defer { select.reset() }
        try select.bind(project, at: 1)
        try select.bind(position.transaction, at: 2)
        try select.bind(Int64(limit), at: 3)
        var items: [FeedItem] = []
        var bytes = 0
        while bytes < JournalPage.bytes, try select.step() {
            let session = SessionIdentity(
                scope: scope, key: SessionKey(try select.identifier(1)), id: try select.sessionID(2))
            let event = try select.event(3)
            bytes += event.data.count
            items.append(
                FeedItem(position: FeedPosition(transaction: select.integer(0)), session: session, event: event))
        }
        return items
    }

    /// The ends of a project's feed: it begins after the last event of a session that was retired.
    func feedBounds(in scope: Scope) throws(SQLiteError) -> FeedBounds {
        guard let project = try project(scope) else { return FeedBounds(oldest: .start, head: .start) }
        let select = try connection.statement(
            """
            SELECT coalesce((SELECT position FROM feed_starts WHERE project = ?1), 0), coalesce((
                SELECT e.id FROM blocks b CROSS JOIN events e ON e.id BETWEEN b.block * 64 AND b.block * 64 + 63
                WHERE b.kind = 2 AND b.project = ?1 AND e.feed = ?1 ORDER BY b.block DESC, e.id DESC LIMIT 1), 0)
            """)
        defer { select.reset() }
        try select.bind(project, at: 1)
        guard try select.step() else { throw .damaged("the bounds of a feed cannot be read") }
        let oldest = FeedPosition(transaction: select.integer(0))
        return FeedBounds(oldest: oldest, head: max(oldest, FeedPosition(transaction: select.integer(1))))
    }
}
