package import HoldpointCore
import HoldpointPorts

extension MemoryStore {
    /// A project's audit log.
    struct Audit: Sendable {
        var state = AuditState.beginning
        var rows: [AuditRow] = []
    }

    /// A project's audit log, in order.
    package func auditLog(of scope: Scope) -> [AuditRow] { audits[scope]?.rows ?? [] }

    mutating func append(_ append: AuditAppend) throws(JournalError) -> Bool {
        if let refusal = append.refusal { throw refusal }
        guard append.fence == fences[Int(append.fence.shard.number)] else { throw .fenced }
        guard projects.contains(append.scope) else {
            throw .refused("the project \(append.scope) does not exist")
        }
        var audit = audits[append.scope] ?? Audit()
        guard audit.state == append.from else { return false }
        lastTransaction += 1
        audit.rows += append.rows
        audit.state = append.to
        audits[append.scope] = audit
        return true
    }

    func auditState(in scope: Scope) -> AuditState { audits[scope]?.state ?? .beginning }

    func auditRows(in scope: Scope, after number: Int64, limit: Int) -> [AuditRow] {
        var bytes = 0
        var page: [AuditRow] = []
        for row in auditLog(of: scope).dropFirst(Int(clamping: max(0, number))).prefix(limit)
        where bytes < JournalPage.bytes {
            bytes += row.entry.count
            page.append(row)
        }
        return page
    }

    func auditRow(of request: RequestID, in scope: Scope) -> AuditRow? {
        auditLog(of: scope).first { $0.request == request }
    }

    func unaudited(after scope: Scope?, limit: Int) -> UnauditedPage {
        let page = projects.filter { candidate in scope.map { candidate > $0 } ?? true }.sorted().prefix(limit)
        let scopes = page.filter { scope in
            feeds[scope]?.last.map { $0.position > auditState(in: scope).position } ?? false
        }
        return UnauditedPage(scopes: scopes, last: page.count == limit ? page.last : nil)
    }

    /// Whether all that a session has on the feed is audited.
    func isAudited(_ session: Session) -> Bool {
        let scope = session.identity.scope
        let last = feed(of: scope).last { $0.session.key == session.identity.key }?.position
        return last.map { $0 <= auditState(in: scope).position } ?? true
    }
}
