import HoldpointCore
import HoldpointPorts
import PostgresClient

extension JournalQueries {
    private static let state = "o.status, o.attempts, o.tries, o.due, o.code, o.error, o.attempted"

    private static let due = PostgresStatement(
        """
        with told as materialized (
            select w.project, w.id from webhooks w
            where w.enabled and w.project > $3 and exists (
                select from outbox o
                where o.project = w.project and o.webhook = w.id and o.status = 0 and o.due <= $2
                  and o.shard = any($1::int2[]))
            order by w.project limit $4)
        select o.webhook, o.session, o.name, o.seq, \(state), t.name, p.name
        from told w cross join lateral (
            select * from outbox o
            where o.project = w.project and o.webhook = w.id and o.status = 0 and o.due <= $2
              and o.shard = any($1::int2[])
            order by o.due, o.n limit $5) o
        join projects p on p.id = w.project join tenants t on t.id = p.tenant
        order by w.project, o.due, o.n
        """)

    /// What is due in shards, project by project.
    func dueDeliveries(
        in shards: [Shard], at time: Timestamp, after last: Scope?, page: DuePage
    ) async throws(PostgresError) -> [DueDelivery] {
        guard !shards.isEmpty else { return [] }
        var place: Int64 = 0
        if let last { place = try await projects.numbers(of: last)?.project ?? 0 }
        let parameters: [PostgresValue] = [
            .shards(Set(shards)), .time(time), .int8(place), .int8(Int64(page.projects)), .int8(Int64(page.perProject)),
        ]
        return try await read(PostgresSegment(Self.due, parameters), on: unscoped) { row throws(PostgresError) in
            try dueDelivery(row, try row.scope(11))
        }
    }

    private static let dueOfProject = PostgresStatement(
        """
        select o.webhook, o.session, o.name, o.seq, \(state)
        from webhooks w join outbox o on o.project = w.project and o.webhook = w.id
        where w.tenant = $1 and w.project = $2 and o.tenant = $1 and w.enabled and o.status = 0 and o.due <= $3
          and o.shard = any($4::int2[])
        order by o.due, o.n limit $5
        """)

    /// What is due of one project, the first due first.
    func dueDeliveries(
        of scope: Scope, in shards: [Shard], at time: Timestamp, limit: Int
    ) async throws(PostgresError) -> [DueDelivery] {
        guard !shards.isEmpty, let project = try await projects.numbers(of: scope) else { return [] }
        let parameters: [PostgresValue] = [.time(time), .shards(Set(shards)), .int8(Int64(limit))]
        return try await rows(in: project, Self.dueOfProject, parameters).map { (row) throws(PostgresError) in
            try dueDelivery(row, scope)
        }
    }

    // Of each status the newest: so many of them at most are the newest of all.
    private static let deliveries = PostgresStatement(
        """
        select o.n, o.session, o.name, o.seq, o.type, o.created, \(state)
        from webhooks w cross join unnest($3::int2[]) as u(status) cross join lateral (
            select * from outbox o
            where o.tenant = $1 and o.project = w.project and o.webhook = w.id and o.status = u.status and o.n < $4
            order by o.n desc limit $5) o
        where w.tenant = $1 and w.project = $2
        order by o.n desc limit $5
        """)

    /// A page of the deliveries of a project's webhook, the newest first.
    func deliveries(_ query: DeliveryQuery, in scope: Scope) async throws(PostgresError) -> [DeliveryRecord] {
        guard let project = try await projects.numbers(of: scope) else { return [] }
        let statuses = query.status.map { [$0] } ?? DeliveryState.Status.allCases
        let parameters: [PostgresValue] = [
            .int2Array(statuses.map(\.rowCode)), .int8(query.before ?? .max), .int8(Int64(query.limit)),
        ]
        return try await rows(in: project, Self.deliveries, parameters).map { (row) throws(PostgresError) in
            try Self.delivery(row, scope)
        }
    }

    private static let standing = PostgresStatement(
        """
        select o.status, count(*), min(o.created)
        from webhooks w join outbox o on o.project = w.project and o.webhook = w.id
        where o.status = any('{0,2}'::int2[]) and o.shard = any($1::int2[]) group by o.status
        """)

    /// How many deliveries of shards wait or have failed.
    func outboxStatus(of shards: [Shard]) async throws(PostgresError) -> OutboxStatus {
        var (pending, failed): (Int64, Int64) = (0, 0)
        var oldest: Timestamp?
        for row in try await unscoped.run(Self.standing, [.shards(Set(shards))]).rows {
            if try row.integer(0) == 0 {
                pending = try row.integer(1)
                oldest = try row.time(2)
            } else {
                failed = try row.integer(1)
            }
        }
        return OutboxStatus(pending: pending, failed: failed, oldestPending: oldest)
    }

    // From one pair of project and webhook to the next, and not through all of their deliveries.
    private static let over = PostgresStatement(
        """
        with recursive pairs(project, webhook) as (
            (select project, webhook from outbox order by project, webhook limit 1)
            union all
            select o.project, o.webhook from pairs p cross join lateral (
                select project, webhook from outbox where (project, webhook) > (p.project, p.webhook)
                order by project, webhook limit 1) o)
        (select session, seq, tenant from outbox
            where status <> 0 and due < $2 and shard = any($1::int2[]) order by due limit $3)
        union all
        (select o.session, o.seq, o.tenant
            from pairs p join outbox o on o.project = p.project and o.webhook = p.webhook
            where not exists (select from webhooks w where w.project = p.project and w.id = p.webhook)
              and o.shard = any($1::int2[]) limit $3)
        limit $3
        """)

    /// Deliveries of shards that are to be forgotten, each with its tenant.
    func deliveriesOver(
        in shards: [Shard], at time: Timestamp, limit: Int
    ) async throws(PostgresError) -> [(id: DeliveryID, tenant: Int64)] {
        guard !shards.isEmpty else { return [] }
        let parameters: [PostgresValue] = [.shards(Set(shards)), .time(time), .int8(Int64(limit))]
        return try await unscoped.run(Self.over, parameters).rows.map { (row) throws(PostgresError) in
            (DeliveryID(session: try row.sessionKey(0), sequence: try row.integer(1)), try row.integer(2))
        }
    }

    private func dueDelivery(_ row: PostgresRow, _ scope: Scope) throws(PostgresError) -> DueDelivery {
        DueDelivery(
            webhook: WebhookID(try row.identifier(0)),
            session: SessionIdentity(scope: scope, key: try row.sessionKey(1), id: try row.sessionID(2)),
            sequence: try row.integer(3), state: try row.deliveryState(4))
    }

    /// Reads the columns `n, session, name, seq, type, created`, and then those of a state.
    static func delivery(_ row: PostgresRow, _ scope: Scope) throws(PostgresError) -> DeliveryRecord {
        DeliveryRecord(
            place: try row.integer(0),
            session: SessionIdentity(scope: scope, key: try row.sessionKey(1), id: try row.sessionID(2)),
            sequence: try row.integer(3), type: EventType(try row.text(4)), createdAt: try row.time(5),
            state: try row.deliveryState(6))
    }
}

extension PostgresRow {
    /// Reads the columns `status, attempts, tries, due, code, error, attempted`, from the given one on.
    func deliveryState(_ column: Int) throws(PostgresError) -> DeliveryState {
        DeliveryState(
            status: try code(column), attempts: try integer(column + 1), tries: try integer(column + 2),
            due: try time(column + 3), lastStatus: try optionalInteger(column + 4),
            lastError: try optionalText(column + 5), lastAttemptAt: try optionalTime(column + 6))
    }
}
