package import HoldpointCore
package import HoldpointPorts
package import JSON
import PostgresClient

extension PostgresJournal: PolicyDirectory {
    package func putPolicy(
        _ document: JSONValue, by principal: Principal, at time: Timestamp, in scope: Scope
    ) async throws(JournalError) -> PolicyRecord? {
        guard let project = try await numbers(of: scope) else { return nil }
        for _ in 0..<Self.attempts {
            let present = try await read { queries throws(PostgresError) in
                try await PolicyRow.inForce(in: project, queries)
            }
            if let present, present.document == document { return present }
            let record = PolicyRecord(
                version: (present?.version ?? 0) + 1, document: document, principal: principal, createdAt: time)
            // The number is taken if another node was faster: what it has put may be the same.
            let isNext = try await change { pool throws(PostgresError) in
                try await PolicyRow.insert(record, in: project, on: pool)
            }
            if isNext { return record }
        }
        throw .unavailable("the policy is being changed by too many at once")
    }

    package func policy(in scope: Scope) async throws(JournalError) -> PolicyRecord? {
        try await read(in: scope) { project, queries throws(PostgresError) in
            try await PolicyRow.inForce(in: project, queries)
        } ?? nil
    }

    package func policy(version: Int64, in scope: Scope) async throws(JournalError) -> PolicyRecord? {
        try await read(in: scope) { project, queries throws(PostgresError) in
            try await PolicyRow.version(version, in: project, queries)
        } ?? nil
    }

    package func policies(
        in scope: Scope, before version: Int64?, limit: Int
    ) async throws(JournalError) -> [PolicyRecord] {
        try await read(in: scope) { project, queries throws(PostgresError) in
            try await PolicyRow.page(before: version, limit: limit, in: project, queries)
        } ?? []
    }

    package func counters(
        _ queries: [CounterQuery], in scope: Scope
    ) async throws(JournalError) -> [CounterReading] {
        guard queries.count <= CounterLimits.queries else {
            throw .refused("at most \(CounterLimits.queries) counters are asked for at once, not \(queries.count)")
        }
        return try await read { reader throws(PostgresError) in try await reader.counters(queries, in: scope) }
    }
}
