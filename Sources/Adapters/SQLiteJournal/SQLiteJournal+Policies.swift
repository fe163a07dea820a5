package import HoldpointCore
package import HoldpointPorts
package import JSON
import SQLiteClient

extension SQLiteJournal: PolicyDirectory {
    package func putPolicy(
        _ document: JSONValue, by principal: Principal, at time: Timestamp, in scope: Scope
    ) async throws(JournalError) -> PolicyRecord? {
        try await write(bytes: 4_096 + document.serialized().count) { database throws(SQLiteError) in
            guard let project = try database.project(scope) else { return .success(nil) }
            let present = try PolicyRow.inForce(project: project, on: database.connection)
            if let present, present.document == document { return .success(present) }
            let record = PolicyRecord(
                version: (present?.version ?? 0) + 1, document: document, principal: principal, createdAt: time)
            try PolicyRow.insert(record, project: project, on: database.connection)
            return .success(record)
        }
    }

    package func policy(in scope: Scope) async throws(JournalError) -> PolicyRecord? {
        try await read { queries throws(SQLiteError) in
            guard let project = try queries.project(scope) else { return nil }
            return try PolicyRow.inForce(project: project, on: queries.connection)
        }
    }

    package func policy(version: Int64, in scope: Scope) async throws(JournalError) -> PolicyRecord? {
        try await read { queries throws(SQLiteError) in
            guard let project = try queries.project(scope) else { return nil }
            return try PolicyRow.version(version, project: project, on: queries.connection)
        }
    }

    package func policies(
        in scope: Scope, before version: Int64?, limit: Int
    ) async throws(JournalError) -> [PolicyRecord] {
        try await read { queries throws(SQLiteError) in
            guard let project = try queries.project(scope) else { return [] }
            return try PolicyRow.page(before: version, limit: limit, project: project, on: queries.connection)
        }
    }

    package func counters(
        _ queries: [CounterQuery], in scope: Scope
    ) async throws(JournalError) -> [CounterReading] {
        guard queries.count <= CounterLimits.queries else {
            throw .refused("at most \(CounterLimits.queries) counters are asked for at once, not \(queries.count)")
        }
        return try await read { reader throws(SQLiteError) in try reader.counters(queries, in: scope) }
    }
}
