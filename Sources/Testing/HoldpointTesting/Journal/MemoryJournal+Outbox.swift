package import HoldpointCore
package import HoldpointPorts

extension MemoryJournal {
    package func webhook(in scope: Scope) async throws(JournalError) -> WebhookRecord? {
        store.withState { $0.webhooks[scope] }
    }

    package func putWebhook(_ record: WebhookRecord, in scope: Scope) async throws(JournalError) -> Bool {
        try store.withState { store throws(JournalError) in try store.putWebhook(record, in: scope) }
    }

    package func deleteWebhook(in scope: Scope) async throws(JournalError) -> Bool {
        store.withState { $0.deleteWebhook(in: scope) }
    }

    package func dueDeliveries(
        in shards: [Shard], at time: Timestamp, after last: Scope?, page: DuePage
    ) async throws(JournalError) -> [DueDelivery] {
        store.withState { $0.dueDeliveries(in: shards, at: time, after: last, page: page) }
    }

    package func dueDeliveries(
        of scope: Scope, in shards: [Shard], at time: Timestamp, limit: Int
    ) async throws(JournalError) -> [DueDelivery] {
        store.withState { $0.dueDeliveries(of: scope, in: shards, at: time, limit: limit) }
    }

    package func settle(_ settlement: DeliverySettlement) async throws(JournalError) -> Bool {
        try store.withState { store throws(JournalError) in try store.settle(settlement) }
    }

    package func deliveries(_ query: DeliveryQuery, in scope: Scope) async throws(JournalError) -> [DeliveryRecord] {
        store.withState { $0.deliveries(query, in: scope) }
    }

    package func redeliver(
        _ id: DeliveryID, in scope: Scope, at time: Timestamp
    ) async throws(JournalError) -> DeliveryRecord? {
        store.withState { $0.redeliver(id, in: scope, at: time) }
    }

    package func clearDeliveries(
        in shards: [Shard], at time: Timestamp, limit: Int
    ) async throws(JournalError) -> Int {
        store.withState { $0.clearDeliveries(in: shards, at: time, limit: limit) }
    }

    package func outboxStatus(of shards: [Shard]) async throws(JournalError) -> OutboxStatus {
        store.withState { $0.outboxStatus(of: shards) }
    }
}
