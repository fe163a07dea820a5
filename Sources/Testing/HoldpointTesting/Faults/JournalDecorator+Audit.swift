package import HoldpointCore
package import HoldpointPorts

extension JournalDecorator {
    package func auditState(in scope: Scope) async throws(JournalError) -> AuditState {
        try await around { base throws(JournalError) in try await base.auditState(in: scope) }
    }

    package func append(_ append: AuditAppend) async throws(JournalError) -> Bool {
        try await around { base throws(JournalError) in try await base.append(append) }
    }

    package func auditRows(
        in scope: Scope, after number: Int64, limit: Int
    ) async throws(JournalError) -> [AuditRow] {
        try await around { base throws(JournalError) in
            try await base.auditRows(in: scope, after: number, limit: limit)
        }
    }

    package func auditRow(of request: RequestID, in scope: Scope) async throws(JournalError) -> AuditRow? {
        try await around { base throws(JournalError) in try await base.auditRow(of: request, in: scope) }
    }

    package func unaudited(after scope: Scope?, limit: Int) async throws(JournalError) -> UnauditedPage {
        try await around { base throws(JournalError) in try await base.unaudited(after: scope, limit: limit) }
    }
}
