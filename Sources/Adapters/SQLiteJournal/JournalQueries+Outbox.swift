import HoldpointCore
import HoldpointPorts
import SQLiteClient

extension JournalQueries {
    /// What is due in shards, project by project.
    func dueDeliveries(
        in shards: [Shard], at time: Timestamp, after last: Scope?, page: DuePage
    ) throws(SQLiteError) -> [DueDelivery] {
        let select = try connection.statement(
            "SELECT project FROM webhooks WHERE enabled AND project > ?1 ORDER BY project")
        defer { select.reset() }
        var place: Int64 = 0
        if let last { place = try project(last) ?? 0 }
        try select.bind(place, at: 1)
        var found: [DueDelivery] = []
        var projects = 0
        while projects < page.projects, try select.step() {
            let scope = try scope(of: select.integer(0))
            let rows = try dueDeliveries(of: scope, in: shards, at: time, limit: page.perProject)
            if rows.isEmpty { continue }
            found += rows
            projects += 1
        }
        return found
    }

    /// What is due of one project, the first due first.
    func dueDeliveries(
        of scope: Scope, in shards: [Shard], at time: Timestamp, limit: Int
    ) throws(SQLiteError) -> [DueDelivery] {
        guard let project = try project(scope) else { return [] }
        let select = try connection.statement(
            """
            SELECT o.webhook, o.session, o.name, o.shard, o.seq,
              o.status, o.attempts, o.tries, o.due, o.code, o.error, o.attempted
            FROM webhooks w JOIN outbox o INDEXED BY outbox_due ON o.project = w.project AND o.webhook = w.id
            WHERE w.project = ?1 AND w.enabled AND o.status = 0 AND o.due <= ?2 ORDER BY o.due, o.id
            """)
        defer { select.reset() }
        let wanted = ShardSet(shards)
        try select.bind(project, at: 1)
        try select.bind(time, at: 2)
        var found: [DueDelivery] = []
        while found.count < limit, try select.step() {
            guard wanted.contains(select.integer(3)) else { continue }
            let session = SessionIdentity(
                scope: scope, key: SessionKey(try select.identifier(1)), id: try select.sessionID(2))
            found.append(
                DueDelivery(
                    webhook: WebhookID(try select.identifier(0)), session: session, sequence: select.integer(4),
                    state: try DeliveryRow.state(select, 5)))
        }
        return found
    }

    /// A page of the deliveries of a project's webhook, the newest first.
    func deliveries(_ query: DeliveryQuery, in scope: Scope) throws(SQLiteError) -> [DeliveryRecord] {
        guard let project = try project(scope) else { return [] }
        var found: [DeliveryRecord] = []
        // Of each status the newest: so many of them at most are the newest of all.
        for status in DeliveryState.Status.allCases where query.status.map({ $0 == status }) ?? true {
            found += try deliveries(status, query, project: project, scope: scope)
        }
        return Array(found.sorted { $0.place > $1.place }.prefix(query.limit))
    }

    private func deliveries(
        _ status: DeliveryState.Status, _ query: DeliveryQuery, project: Int64, scope: Scope
    ) throws(SQLiteError) -> [DeliveryRecord] {
        let select = try connection.statement(
            """
            SELECT o.id, o.session, o.name, o.seq, o.type, o.created,
              o.status, o.attempts, o.tries, o.due, o.code, o.error, o.attempted
            FROM webhooks w JOIN outbox o INDEXED BY outbox_status ON o.project = w.project AND o.webhook = w.id
            WHERE w.project = ?1 AND o.status = ?2 AND o.id < ?3 ORDER BY o.id DESC LIMIT ?4
            """)
        defer { select.reset() }
        try select.bind(project, at: 1)
        try select.bind(Int64(status.rowCode), at: 2)
        try select.bind(query.before ?? .max, at: 3)
        try select.bind(Int64(query.limit), at: 4)
        var found: [DeliveryRecord] = []
        while try select.step() { found.append(try DeliveryRow.record(select, scope: scope)) }
        return found
    }

    /// How many deliveries of shards wait or have failed.
    func outboxStatus(of shards: [Shard]) throws(SQLiteError) -> OutboxStatus {
        let select = try connection.statement(
            """
            SELECT o.shard, o.status, count(*), min(o.created)
            FROM webhooks w CROSS JOIN outbox o INDEXED BY outbox_status ON o.project = w.project AND o.webhook = w.id
            WHERE o.status IN (0, 2) GROUP BY o.shard, o.status
            """)
        defer { select.reset() }
        let wanted = ShardSet(shards)
        var (pending, failed): (Int64, Int64) = (0, 0)
        var oldest: Timestamp?
        while try select.step() {
            guard wanted.contains(select.integer(0)) else { continue }
            if select.integer(1) == 0 {
                pending += select.integer(2)
                oldest = min(oldest ?? .distantFuture, select.timestamp(3))
            } else {
                failed += select.integer(2)
            }
        }
        return OutboxStatus(pending: pending, failed: failed, oldestPending: oldest)
    }
}
