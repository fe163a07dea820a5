package import HoldpointCore
package import HoldpointPorts
import SQLiteClient

extension SQLiteJournal {
    package func auditState(in scope: Scope) async throws(JournalError) -> AuditState {
        try await read { queries throws(SQLiteError) in try queries.auditState(in: scope) }
    }

    package func append(_ append: AuditAppend) async throws(JournalError) -> Bool {
        if let refusal = append.refusal { throw refusal }
        return try await write(bytes: append.byteCount + 256 * append.rows.count) { database throws(SQLiteError) in
            try database.append(append)
        }
    }

    package func auditRows(
        in scope: Scope, after number: Int64, limit: Int
    ) async throws(JournalError) -> [AuditRow] {
        try await read { queries throws(SQLiteError) in
            try queries.auditRows(in: scope, after: number, limit: limit)
        }
    }

    package func auditRow(of request: RequestID, in scope: Scope) async throws(JournalError) -> AuditRow? {
        try await read { queries throws(SQLiteError) in try queries.auditRow(of: request, in: scope) }
    }

    package func unaudited(after scope: Scope?, limit: Int) async throws(JournalError) -> UnauditedPage {
        try await read { queries throws(SQLiteError) in try queries.unaudited(after: scope, limit: limit) }
    }
}
