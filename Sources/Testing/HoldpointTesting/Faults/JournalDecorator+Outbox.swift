package import HoldpointCore
package import HoldpointPorts

extension JournalDecorator {
    package func dueDeliveries(
        in shards: [Shard], at time: Timestamp, after last: Scope?, page: DuePage
    ) async throws(JournalError) -> [DueDelivery] {
        try await around { base throws(JournalError) in
            try await base.dueDeliveries(in: shards, at: time, after: last, page: page)
        }
    }

    package func dueDeliveries(
        of scope: Scope, in shards: [Shard], at time: Timestamp, limit: Int
    ) async throws(JournalError) -> [DueDelivery] {
        try await around { base throws(JournalError) in
            try await base.dueDeliveries(of: scope, in: shards, at: time, limit: limit)
        }
    }

    package func settle(_ settlement: DeliverySettlement) async throws(JournalError) -> Bool {
        try await around { base throws(JournalError) in try await base.settle(settlement) }
    }

    package func deliveries(_ query: DeliveryQuery, in scope: Scope) async throws(JournalError) -> [DeliveryRecord] {
        try await around { base throws(JournalError) in try await base.deliveries(query, in: scope) }
    }

    package func redeliver(
        _ id: DeliveryID, in scope: Scope, at time: Timestamp
    ) async throws(JournalError) -> DeliveryRecord? {
        try await around { base throws(JournalError) in try await base.redeliver(id, in: scope, at: time) }
    }

    package func clearDeliveries(
        in shards: [Shard], at time: Timestamp, limit: Int
    ) async throws(JournalError) -> Int {
        try await around { base throws(JournalError) in
            try await base.clearDeliveries(in: shards, at: time, limit: limit)
        }
    }

    package func outboxStatus(of shards: [Shard]) async throws(JournalError) -> OutboxStatus {
        try await around { base throws(JournalError) in try await base.outboxStatus(of: shards) }
    }
}
