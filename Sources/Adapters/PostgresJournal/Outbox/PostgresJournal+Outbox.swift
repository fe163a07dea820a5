package import HoldpointCore
package import HoldpointPorts
import PostgresClient

extension PostgresJournal: WebhookDirectory {
    package func webhook(in scope: Scope) async throws(JournalError) -> WebhookRecord? {
        try await read(in: scope) { project, queries throws(PostgresError) in
            try await WebhookRow.select(in: project, queries)
        } ?? nil
    }

    package func putWebhook(_ record: WebhookRecord, in scope: Scope) async throws(JournalError) -> Bool {
        guard let project = try await numbers(of: scope) else {
            throw .refused("the project \(scope) does not exist")
        }
        return try await change { pool throws(PostgresError) in
            try await WebhookRow.put(record, in: project, on: pool)
        }
    }

    package func deleteWebhook(in scope: Scope) async throws(JournalError) -> Bool {
        guard let project = try await numbers(of: scope) else { return false }
        return try await change { pool throws(PostgresError) in
            try await WebhookRow.delete(in: project, on: pool)
        }
    }
}

extension PostgresJournal {
    package func dueDeliveries(
        in shards: [Shard], at time: Timestamp, after last: Scope?, page: DuePage
    ) async throws(JournalError) -> [DueDelivery] {
        try await read { queries throws(PostgresError) in
            try await queries.dueDeliveries(in: shards, at: time, after: last, page: page)
        }
    }

    package func dueDeliveries(
        of scope: Scope, in shards: [Shard], at time: Timestamp, limit: Int
    ) async throws(JournalError) -> [DueDelivery] {
        try await read { queries throws(PostgresError) in
            try await queries.dueDeliveries(of: scope, in: shards, at: time, limit: limit)
        }
    }

    package func settle(_ settlement: DeliverySettlement) async throws(JournalError) -> Bool {
        let shard = settlement.id.session.shard
        guard settlement.fence.shard == shard else { throw .fenced }
        guard let project = try await numbers(of: settlement.scope) else { return false }
        return try await lanes.deliveries(of: shard).write(DeliveryWrite(settlement: settlement, project: project))
    }

    package func deliveries(_ query: DeliveryQuery, in scope: Scope) async throws(JournalError) -> [DeliveryRecord] {
        try await read { queries throws(PostgresError) in try await queries.deliveries(query, in: scope) }
    }

    package func redeliver(
        _ id: DeliveryID, in scope: Scope, at time: Timestamp
    ) async throws(JournalError) -> DeliveryRecord? {
        guard let project = try await numbers(of: scope) else { return nil }
        var segment = PostgresSegment()
        Tenants.name([project.tenant], in: &segment)
        segment.add(
            Self.again,
            project.values + [.identifier(id.session.value), .int8(id.sequence), .time(time)])
        return try await change { pool throws(PostgresError) in
            try await pool.run(segment).last?.rows.first.map { (row) throws(PostgresError) in
                try JournalQueries.delivery(row, scope)
            }
        }
    }

    /// What is over is looked for beside the writers, so that no commit waits for it.
    package func clearDeliveries(
        in shards: [Shard], at time: Timestamp, limit: Int
    ) async throws(JournalError) -> Int {
        let over = try await read { queries throws(PostgresError) in
            try await queries.deliveriesOver(in: shards, at: time, limit: limit)
        }
        if over.isEmpty { return 0 }
        var segment = PostgresSegment()
        Tenants.name(over.map(\.tenant), in: &segment)
        segment.add(
            Self.clear,
            [
                .identifiers(over.map(\.id.session.value)), .int8Array(over.map(\.id.sequence)), .time(time),
            ])
        return try await change { pool throws(PostgresError) in
            try await pool.run(segment).last?.affectedRows ?? 0
        }
    }

    package func outboxStatus(of shards: [Shard]) async throws(JournalError) -> OutboxStatus {
        try await read { queries throws(PostgresError) in try await queries.outboxStatus(of: shards) }
    }

    private static let again = PostgresStatement(
        """
        update outbox o set status = 0, tries = 0, due = $5 from webhooks w
        where o.tenant = $1 and o.project = $2 and o.session = $3 and o.seq = $4
          and w.project = o.project and w.id = o.webhook
        returning o.n, o.session, o.name, o.seq, o.type, o.created, o.status, o.attempts, o.tries, o.due, o.code,
            o.error, o.attempted
        """)

    // One that somebody asked for again meanwhile stays.
    private static let clear = PostgresStatement(
        """
        delete from outbox o using unnest($1::uuid[], $2::int8[]) as u(session, seq)
        where o.session = u.session and o.seq = u.seq and (
            o.status <> 0 and o.due < $3
            or not exists (select from webhooks w where w.project = o.project and w.id = o.webhook))
        """)
}
