package import HoldpointCore
package import HoldpointPorts

extension MemoryJournal {
    package func auditState(in scope: Scope) async throws(JournalError) -> AuditState {
        store.withState { $0.auditState(in: scope) }
    }

    package func append(_ append: AuditAppend) async throws(JournalError) -> Bool {
        try store.withState { store throws(JournalError) in try store.append(append) }
    }

    package func auditRows(
        in scope: Scope, after number: Int64, limit: Int
    ) async throws(JournalError) -> [AuditRow] {
        store.withState { $0.auditRows(in: scope, after: number, limit: limit) }
    }

    package func auditRow(of request: RequestID, in scope: Scope) async throws(JournalError) -> AuditRow? {
        store.withState { $0.auditRow(of: request, in: scope) }
    }

    package func unaudited(after scope: Scope?, limit: Int) async throws(JournalError) -> UnauditedPage {
        store.withState { $0.unaudited(after: scope, limit: limit) }
    }
}
