package import HoldpointCore
package import HoldpointPorts
import SQLiteClient

extension SQLiteJournal: WebhookDirectory {
    package func webhook(in scope: Scope) async throws(JournalError) -> WebhookRecord? {
        try await read { queries throws(SQLiteError) in
            guard let project = try queries.project(scope) else { return nil }
            return try WebhookRow.select(project: project, on: queries.connection)
        }
    }

    package func putWebhook(_ record: WebhookRecord, in scope: Scope) async throws(JournalError) -> Bool {
        try await write(bytes: 1_024 + record.url.utf8.count) { database throws(SQLiteError) in
            guard let project = try database.project(scope) else {
                return .failure(.refused("the project \(scope) does not exist"))
            }
            return .success(try WebhookRow.put(record, project: project, on: database.connection))
        }
    }

    package func deleteWebhook(in scope: Scope) async throws(JournalError) -> Bool {
        try await write { database throws(SQLiteError) in
            guard let project = try database.project(scope) else { return .success(false) }
            return .success(try WebhookRow.delete(project: project, on: database.connection))
        }
    }
}

extension SQLiteJournal {
    package func dueDeliveries(
        in shards: [Shard], at time: Timestamp, after last: Scope?, page: DuePage
    ) async throws(JournalError) -> [DueDelivery] {
        try await read { queries throws(SQLiteError) in
            try queries.dueDeliveries(in: shards, at: time, after: last, page: page)
        }
    }

    package func dueDeliveries(
        of scope: Scope, in shards: [Shard], at time: Timestamp, limit: Int
    ) async throws(JournalError) -> [DueDelivery] {
        try await read { queries throws(SQLiteError) in
            try queries.dueDeliveries(of: scope, in: shards, at: time, limit: limit)
        }
    }

    package func settle(_ settlement: DeliverySettlement) async throws(JournalError) -> Bool {
        try await write { database throws(SQLiteError) in try database.settle(settlement) }
    }

    package func deliveries(_ query: DeliveryQuery, in scope: Scope) async throws(JournalError) -> [DeliveryRecord] {
        try await read { queries throws(SQLiteError) in try queries.deliveries(query, in: scope) }
    }

    package func redeliver(
        _ id: DeliveryID, in scope: Scope, at time: Timestamp
    ) async throws(JournalError) -> DeliveryRecord? {
        try await write { database throws(SQLiteError) in try database.redeliver(id, in: scope, at: time) }
    }

    package func clearDeliveries(
        in shards: [Shard], at time: Timestamp, limit: Int
    ) async throws(JournalError) -> Int {
        try await write { database throws(SQLiteError) in
            try database.clearDeliveries(in: shards, at: time, limit: limit)
        }
    }

    package func outboxStatus(of shards: [Shard]) async throws(JournalError) -> OutboxStatus {
        try await read { queries throws(SQLiteError) in try queries.outboxStatus(of: shards) }
    }
}
