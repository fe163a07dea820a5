import HoldpointCore
import HoldpointPorts

extension MemoryStore {
    /// A delivery's row.
    struct Delivery: Sendable {
        let webhook: WebhookID
        let record: DeliveryRecord
        var state: DeliveryState

        /// As lists show it now.
        var shown: DeliveryRecord {
            DeliveryRecord(
                place: record.place, session: record.session, sequence: record.sequence, type: record.type,
                createdAt: record.createdAt, state: state)
        }
    }

    // MARK: Webhooks

    mutating func putWebhook(_ record: WebhookRecord, in scope: Scope) throws(JournalError) -> Bool {
        guard projects.contains(scope) else { throw .refused("there is no project \(scope)") }
        let present = webhooks[scope]
        guard record.revision == (present?.revision ?? 0) + 1, present?.id ?? record.id == record.id else {
            return false
        }
        webhooks[scope] = record
        return true
    }

    mutating func deleteWebhook(in scope: Scope) -> Bool { webhooks.removeValue(forKey: scope) != nil }

    // MARK: Deliveries

    mutating func announce(_ commit: SessionCommit) {
        guard let webhook = webhooks[commit.identity.scope], webhook.isEnabled else { return }
        for entry in commit.outbox where entry.webhook == webhook.id {
            lastDelivery += 1
            let state = DeliveryState(from: entry.time)
            let record = DeliveryRecord(
                place: lastDelivery, session: commit.identity, sequence: entry.sequence, type: entry.type,
                createdAt: entry.time, state: state)
            outbox[record.id] = Delivery(webhook: webhook.id, record: record, state: state)
        }
    }

    func dueDeliveries(
        in shards: [Shard], at time: Timestamp, after last: Scope?, page: DuePage
    ) -> [DueDelivery] {
        func place(_ scope: Scope) -> (String, String) { (scope.tenant.text, scope.project.text) }
        let following = webhooks.keys.filter { scope in last.map { place(scope) > place($0) } ?? true }
            .sorted { place($0) < place($1) }
        let found = following.lazy.map {
            self.dueDeliveries(of: $0, in: shards, at: time, limit: page.perProject)
        }
        return Array(found.filter { !$0.isEmpty }.prefix(page.projects).joined())
    }

    func dueDeliveries(of scope: Scope, in shards: [Shard], at time: Timestamp, limit: Int) -> [DueDelivery] {
        guard let webhook = webhooks[scope], webhook.isEnabled else { return [] }
        let wanted = Set(shards)
        let due = deliveries(in: scope).filter { row in
            row.state.status == .pending && row.state.due <= time && wanted.contains(row.record.session.key.shard)
        }
        return due.sorted { ($0.state.due, $0.record.place) < ($1.state.due, $1.record.place) }.prefix(limit).map {
            DueDelivery(
                webhook: $0.webhook, session: $0.record.session, sequence: $0.record.sequence, state: $0.state)
        }
    }

    mutating func settle(_ settlement: DeliverySettlement) throws(JournalError) -> Bool {
        let shard = settlement.id.session.shard
        guard settlement.fence == fences[Int(shard.number)] else { throw .fenced }
        guard let row = outbox[settlement.id], row.record.session.scope == settlement.scope,
            row.state.status == .pending
        else { return false }
        outbox[settlement.id]?.state = settlement.state
        return true
    }

    func deliveries(_ query: DeliveryQuery, in scope: Scope) -> [DeliveryRecord] {
        let found = deliveries(in: scope).filter { row in
            (query.status.map { row.state.status == $0 } ?? true)
                && (query.before.map { row.record.place < $0 } ?? true)
        }
        return found.map(\.shown).sorted { $0.place > $1.place }.prefix(query.limit).map { $0 }
    }

    mutating func redeliver(_ id: DeliveryID, in scope: Scope, at time: Timestamp) -> DeliveryRecord? {
        guard deliveries(in: scope).contains(where: { $0.record.id == id }), let row = outbox[id] else { return nil }
        outbox[id]?.state = row.state.wantedAgain(at: time)
        return outbox[id]?.shown
    }

    mutating func clearDeliveries(in shards: [Shard], at time: Timestamp, limit: Int) -> Int {
        let wanted = Set(shards)
        let over = outbox.values.filter { row in
            wanted.contains(row.record.session.key.shard)
                && (!isKnown(row) || row.state.status != .pending && row.state.due < time)
        }
        for row in over.prefix(limit) { outbox[row.record.id] = nil }
        return min(over.count, limit)
    }

    func outboxStatus(of shards: [Shard]) -> OutboxStatus {
        let wanted = Set(shards)
        let rows = outbox.values.filter { isKnown($0) && wanted.contains($0.record.session.key.shard) }
        let pending = rows.filter { $0.state.status == .pending }
        return OutboxStatus(
            pending: Int64(pending.count), failed: Int64(rows.count { $0.state.status == .failed }),
            oldestPending: pending.map(\.record.createdAt).min())
    }

    /// The rows of a project's present webhook (I5).
    private func deliveries(in scope: Scope) -> [Delivery] {
        outbox.values.filter { $0.record.session.scope == scope && isKnown($0) }
    }

    /// Whether a delivery's webhook is there yet.
    private func isKnown(_ row: Delivery) -> Bool { webhooks[row.record.session.scope]?.id == row.webhook }
}
