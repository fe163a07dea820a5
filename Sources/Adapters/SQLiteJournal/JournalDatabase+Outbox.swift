import HoldpointCore
import HoldpointPorts
import SQLiteClient

extension JournalDatabase {
    /// Makes the deliveries of a commit, for a webhook that is there and enabled.
    func announce(_ commit: SessionCommit, project: Int64) throws(SQLiteError) {
        if commit.outbox.isEmpty { return }
        let insert = try connection.statement(
            """
            INSERT INTO outbox(project, webhook, session, name, shard, seq, type, created, status, attempts, tries, due)
            SELECT ?1, id, ?3, ?4, ?5, ?6, ?7, ?8, 0, 0, 0, ?8 FROM webhooks WHERE project = ?1 AND id = ?2 AND enabled
            """)
        for entry in commit.outbox {
            try insert.bind(project, at: 1)
            try insert.bind(entry.webhook.value, at: 2)
            try insert.bind(commit.identity.key.value, at: 3)
            try insert.bind(commit.identity.id.text, at: 4)
            try insert.bind(Int64(commit.identity.key.shard.number), at: 5)
            try insert.bind(entry.sequence, at: 6)
            try insert.bind(entry.type.text, at: 7)
            try insert.bind(entry.time, at: 8)
            try insert.run()
        }
    }

    /// Writes how far a pending delivery is; false if it is not there or not pending.
    func settle(_ settlement: DeliverySettlement) throws(SQLiteError) -> Verdict<Bool> {
        let shard = settlement.id.session.shard
        guard settlement.fence.shard == shard, try fence(of: shard) == settlement.fence else {
            return .failure(.fenced)
        }
        guard let project = try project(settlement.scope) else { return .success(false) }
        let update = try connection.statement(
            """
            UPDATE outbox SET status = ?4, attempts = ?5, tries = ?6, due = ?7, code = ?8, error = ?9, attempted = ?10
            WHERE session = ?1 AND seq = ?2 AND project = ?3 AND status = 0
            """)
        let state = settlement.state
        try update.bind(settlement.id.session.value, at: 1)
        try update.bind(settlement.id.sequence, at: 2)
        try update.bind(project, at: 3)
        try update.bind(Int64(state.status.rowCode), at: 4)
        try update.bind(state.attempts, at: 5)
        try update.bind(state.tries, at: 6)
        try update.bind(state.due, at: 7)
        try update.bind(state.lastStatus, at: 8)
        try update.bind(state.lastError, at: 9)
        try update.bind(state.lastAttemptAt, at: 10)
        try update.run()
        return .success(connection.changedRows == 1)
    }

    /// Makes a delivery of the project's webhook pending and due.
    func redeliver(
        _ id: DeliveryID, in scope: Scope, at time: Timestamp
    ) throws(SQLiteError) -> Verdict<DeliveryRecord?> {
        guard let project = try project(scope) else { return .success(nil) }
        let update = try connection.statement(
            """
            UPDATE outbox SET status = 0, tries = 0, due = ?4
            WHERE session = ?1 AND seq = ?2 AND project = ?3
              AND webhook = (SELECT id FROM webhooks WHERE project = ?3)
            RETURNING id, session, name, seq, type, created, status, attempts, tries, due, code, error, attempted
            """)
        defer { update.reset() }
        try update.bind(id.session.value, at: 1)
        try update.bind(id.sequence, at: 2)
        try update.bind(project, at: 3)
        try update.bind(time, at: 4)
        return .success(try update.step() ? try DeliveryRow.record(update, scope: scope) : nil)
    }

    /// Deletes what is to be forgotten; returns how many deliveries that were.
    func clearDeliveries(in shards: [Shard], at time: Timestamp, limit: Int) throws(SQLiteError) -> Verdict<Int> {
        let wanted = ShardSet(shards)
        let ended = try connection.statement("SELECT id, shard FROM outbox WHERE status <> 0 AND due < ?1 ORDER BY due")
        try ended.bind(time, at: 1)
        // From one pair of project and webhook to the next, and not through all of their deliveries.
        let lost = try connection.statement(
            """
            WITH RECURSIVE pairs(project, webhook) AS (
              SELECT project, webhook FROM (SELECT project, webhook FROM outbox ORDER BY project, webhook LIMIT 1)
              UNION ALL
              SELECT o.project, o.webhook FROM pairs p JOIN outbox o ON o.id = (
                SELECT id FROM outbox WHERE (project, webhook) > (p.project, p.webhook)
                ORDER BY project, webhook LIMIT 1))
            SELECT o.id, o.shard FROM pairs p JOIN outbox o ON o.project = p.project AND o.webhook = p.webhook
            WHERE NOT EXISTS(SELECT 1 FROM webhooks w WHERE w.project = p.project AND w.id = p.webhook)
            """)
        var over: Set<Int64> = []
        for select in [ended, lost] {
            defer { select.reset() }
            while over.count < limit, try select.step() {
                if wanted.contains(select.integer(1)) { over.insert(select.integer(0)) }
            }
        }
        let delete = try connection.statement("DELETE FROM outbox WHERE id = ?1")
        for id in over {
            try delete.bind(id, at: 1)
            try delete.run()
        }
        return .success(over.count)
    }
}
