import HoldpointCore
import HoldpointPorts
import PostgresClient

/// What a node asks across all projects.
extension JournalQueries {
    /// How many rows a node asks for by name at once.
    private static let namedAtOnce = 16_384

    private static let heads = PostgresStatement(
        """
        select s.key, s.head from unnest($1::uuid[], $2::int8[]) w(key, project)
          join sessions s on s.key = w.key and s.project = w.project
        """)

    /// The heads of sessions; those that are not there are left out.
    func heads(of sessions: [SessionReference]) async throws(PostgresError) -> [SessionKey: Int64] {
        var heads: [SessionKey: Int64] = [:]
        let named = sessions.map { (scope: $0.scope, id: $0.key.value) }
        try await each(named, Self.heads) { row throws(PostgresError) in
            heads[try row.sessionKey(0)] = try row.integer(1)
        }
        return heads
    }

    private static let decided = PostgresStatement(
        """
        select c.id from unnest($1::uuid[], $2::int8[]) w(id, project)
          join commands c on c.id = w.id and c.project = w.project where c.outcome is not null
        """)

    /// Of these commands, those that have an outcome.
    func decided(among commands: [StoredCommandReference]) async throws(PostgresError) -> [StoredCommandID] {
        var decided: [StoredCommandID] = []
        let named = commands.map { (scope: $0.scope, id: $0.id.value) }
        try await each(named, Self.decided) { row throws(PostgresError) in decided.append(try row.commandID(0)) }
        return decided
    }

    /// Runs a statement over identifiers and the numbers of their projects; names of projects that are not there find
    /// nothing.
    private func each(
        _ named: [(scope: Scope, id: Identifier128)], _ statement: PostgresStatement,
        _ take: (PostgresRow) throws(PostgresError) -> Void
    ) async throws(PostgresError) {
        guard !named.isEmpty else { return }
        let numbers = try await projects.numbers(of: Set(named.map(\.scope)))
        let known = named.filter { numbers[$0.scope] != nil }
        for start in stride(from: 0, to: known.count, by: Self.namedAtOnce) {
            let part = known[start..<min(start + Self.namedAtOnce, known.count)]
            let parameters: [PostgresValue] = [
                .identifiers(part.map(\.id)), .int8Array(part.map { numbers[$0.scope]?.project }),
            ]
            for row in try await unscoped.run(statement, parameters).rows { try take(row) }
        }
    }

    private static let due = PostgresStatement(
        """
        select s.key, s.name, s.wake, t.name, p.name
        from sessions s join projects p on p.id = s.project join tenants t on t.id = p.tenant
        where s.wake is not null and s.quarantine is null and (s.wake, s.key) > ($2::int8, $3::uuid) and s.wake < $4
          and s.shard = any($1::int2[])
        order by s.wake, s.key limit $5
        """)

    /// Sessions with a deadline from one time and before another, by deadline and key.
    func deadlines(
        shards: [Shard], from: Timestamp, until: Timestamp, after last: SessionKey?, limit: Int
    ) async throws(PostgresError) -> [SessionDeadline] {
        guard !shards.isEmpty else { return [] }
        let (before, isFirst) = from.milliseconds.subtractingReportingOverflow(1)
        // After no session of that moment is after all of the moment before; before the first moment there is none.
        let place: (Int64, Identifier128) =
            if let last {
                (from.milliseconds, last.value)
            } else {
                isFirst ? (from.milliseconds, .smallest) : (before, .largest)
            }
        let parameters: [PostgresValue] = [
            .shards(Set(shards)), .int8(place.0), .identifier(place.1), .int8(until.milliseconds), .int8(Int64(limit)),
        ]
        return try await read(PostgresSegment(Self.due, parameters), on: unscoped) { row throws(PostgresError) in
            let session = SessionIdentity(
                scope: try row.scope(3), key: try row.sessionKey(0), id: try row.sessionID(1))
            return SessionDeadline(identity: session, wakeAt: try row.time(2))
        }
    }

    private static let groups = PostgresStatement(
        """
        select g.id, g.deaths, m.session, m.name, t.name, p.name
        from recovery_groups g join recovery_members m on m.party = g.id
          join projects p on p.id = m.project join tenants t on t.id = p.tenant
        where g.id in (select o.party from recovery_members o where o.shard = any($1::int2[]))
        order by g.id, m.n
        """)

    /// The recovery groups with a member in these shards, each with all its members.
    func standingGroups(among shards: [Shard]) async throws(PostgresError) -> [RecoveryGroup] {
        guard !shards.isEmpty else { return [] }
        var groups: [RecoveryGroup] = []
        try await unscoped.read(PostgresSegment(Self.groups, [.shards(Set(shards))])) { rows throws(PostgresError) in
            for row in rows {
                let id = try row.integer(0)
                let members = groups.last?.id == id ? groups.removeLast().members : []
                let member = SessionIdentity(
                    scope: try row.scope(4), key: try row.sessionKey(2), id: try row.sessionID(3))
                groups.append(RecoveryGroup(id: id, deaths: try row.integer(1), members: members + [member]))
            }
            return true
        }
        return groups
    }
}
