import HoldpointCore
import HoldpointPorts
import PostgresClient

extension JournalQueries {
    /// How many commits come with the first answer of `load`; few sessions have more after their last snapshot.
    private static let firstTail = 256

    private static let log = PostgresStatement(
        """
        select record from (
          select last, record,
            sum(octet_length(record)) over (order by last rows unbounded preceding) - octet_length(record) as before
          from (
            select last, record from log
            where tenant = $1 and project = $2 and session = $3 and last > $4 order by last limit $5) page
        ) sized where before < $6 order by last
        """)

    /// A page of a session's log, ended by the server where its records have so many bytes.
    func events(
        of key: SessionKey, in scope: Scope, after sequence: Int64, limit: Int
    ) async throws(PostgresError) -> [RecordedEvent] {
        guard let project = try await projects.numbers(of: scope) else { return [] }
        var page = LogPage<RecordedEvent>(limit: limit)
        var last = sequence
        while !page.isFull {
            let parameters: [PostgresValue] = [
                .identifier(key.value), .int8(last), .int8(Int64(page.room)), .int8(Int64(JournalPage.bytes)),
            ]
            var bytes = 0
            for row in try await rows(in: project, Self.log, parameters) {
                for event in try row.events(0) where event.sequence > last {
                    page.append(event, bytes: event.data.count)
                    last = event.sequence
                }
                bytes += try row.bytes(0).count
            }
            // What the server did not end for its bytes, it ended for want of more, or there is room for no more.
            if bytes < JournalPage.bytes { break }
        }
        return page.items
    }

    private static let tail = PostgresStatement(
        """
        select record from (
          select last, record,
            sum(octet_length(record)) over (order by last rows unbounded preceding) - octet_length(record) as before
          from (
            select last, record from log
            where tenant = $1 and project = $2 and session = $3 and last > coalesce((
              select n.seq from snapshots n where n.tenant = $1 and n.project = $2 and n.session = $3 and $4), 0)
            order by last limit $5) page
        ) sized where before < $6 order by last
        """)
    private static let header = PostgresStatement(
        """
        select s.name, s.quarantine, n.codec, n.seq, n.chain, n.digest, n.state
        from sessions s left join snapshots n
          on n.session = s.key and n.tenant = s.tenant and n.project = s.project and $4
        where s.tenant = $1 and s.project = $2 and s.key = $3
        """)
    private static let rest = PostgresStatement(
        """
        select record from log
        where tenant = $1 and project = $2 and session = $3 and last > $4 order by last
        """)

    /// A session's latest snapshot and the events after it, or its whole log.
    func load(
        _ key: SessionKey, in scope: Scope, usingSnapshot: Bool
    ) async throws(PostgresError) -> StoredSession? {
        guard let project = try await projects.numbers(of: scope) else { return nil }
        let session = project.values + [.identifier(key.value)]
        var segment = segment(in: project)
        // The events come first: each statement sees what is committed when it begins, and events that a newer snapshot
        // has in it can be left out, while those before it would be missed after an older one.
        segment.add(
            Self.tail,
            session + [.boolean(usingSnapshot), .int8(Int64(Self.firstTail)), .int8(Int64(JournalPage.bytes))])
        segment.add(Self.header, session + [.boolean(usingSnapshot)])
        let results = try await scoped.run(segment)
        guard results.count == 3, let row = results[2].rows.first else { return nil }
        let identity = SessionIdentity(scope: scope, key: key, id: try row.sessionID(0))
        let snapshot = try snapshot(row)
        var tail: [RecordedEvent] = []
        var bytes = 0
        for row in results[1].rows {
            tail += try row.events(0)
            bytes += try row.bytes(0).count
        }
        let isWhole = results[1].rows.count < Self.firstTail && bytes < JournalPage.bytes
        let last = max(tail.last?.sequence ?? 0, snapshot?.sequence ?? 0)
        if let snapshot { tail.removeAll { $0.sequence <= snapshot.sequence } }
        if !isWhole {
            let more = self.segment(in: project, Self.rest, [.identifier(key.value), .int8(last)])
            for events in try await read(more, on: scoped, { row throws(PostgresError) in try row.events(0) }) {
                tail += events
            }
            // A session that was retired meanwhile is not there any more, rather than shorter than it was.
            guard try await find(identity.id, in: scope) == identity else { return nil }
        }
        return StoredSession(
            identity: identity, snapshot: snapshot, tail: tail, quarantine: try row.optionalPlainText(1))
    }

    private func snapshot(_ row: PostgresRow) throws(PostgresError) -> Snapshot? {
        guard !row.isNull(2) else { return nil }
        return Snapshot(
            codec: try row.integer(2), sequence: try row.integer(3), chain: try row.digest(4),
            digest: try row.digest(5), state: try row.bytes(6))
    }

    private static let find = PostgresStatement(
        "select key from sessions where tenant = $1 and project = $2 and name = $3")

    /// The session that a project knows by that id.
    func find(_ id: SessionID, in scope: Scope) async throws(PostgresError) -> SessionIdentity? {
        guard let project = try await projects.numbers(of: scope),
            let row = try await rows(in: project, Self.find, [.text(id.text)]).first
        else { return nil }
        return SessionIdentity(scope: scope, key: try row.sessionKey(0), id: id)
    }

    // A session with the mark of quarantine is shown as quarantined, unless it has ended.
    private static let list = PostgresStatement(
        """
        select key, name from sessions
        where tenant = $1 and project = $2 and key < $3 and ($4::text is null or agent = $4)
          and ($5::int2 is null or case when quarantine is not null and status < 3 then 6 else status end = $5)
        order by key desc nulls last limit $6
        """)

    /// A page of a project's sessions, the last that began first.
    func sessions(_ query: SessionQuery, in scope: Scope) async throws(PostgresError) -> [SessionIdentity] {
        guard let project = try await projects.numbers(of: scope) else { return [] }
        let parameters: [PostgresValue] = [
            .identifier(query.before?.value ?? .largest), .optional(query.agent?.text),
            query.status.map { .int2($0.rowCode) } ?? .null(.int2), .int8(Int64(query.limit)),
        ]
        return try await read(segment(in: project, Self.list, parameters), on: scoped) { row throws(PostgresError) in
            SessionIdentity(scope: scope, key: try row.sessionKey(0), id: try row.sessionID(1))
        }
    }

    private static let idempotency = PostgresStatement(
        """
        select fingerprint, reply, session, name, created from idempotency
        where tenant = $1 and project = $2 and key = $3
        """)

    /// What was committed under a caller's key.
    func idempotencyRecord(_ key: String, in scope: Scope) async throws(PostgresError) -> IdempotencyRecord? {
        guard let project = try await projects.numbers(of: scope),
            let row = try await rows(in: project, Self.idempotency, [.bytes(Array(key.utf8))]).first
        else { return nil }
        let session = SessionIdentity(scope: scope, key: try row.sessionKey(2), id: try row.sessionID(3))
        return IdempotencyRecord(
            key: key, fingerprint: try row.text(0), reply: try row.reply(1), session: session,
            createdAt: try row.time(4))
    }
}

extension Identifier128 {
    /// No identifier comes after it, and none that is made is like it.
    static let largest = Identifier128(high: .max, low: .max)
    /// No identifier comes before it, and none that is made is like it.
    static let smallest = Identifier128(high: 0, low: 0)
}
