import HoldpointCore
import HoldpointPorts
import SQLiteClient

extension JournalQueries {
    /// Where a project's audit log ends.
    func auditState(in scope: Scope) throws(SQLiteError) -> AuditState {
        guard let project = try project(scope) else { return .beginning }
        return try AuditHeadRow.select(project: project, on: connection)
    }

    /// A page of a project's audit log.
    func auditRows(in scope: Scope, after number: Int64, limit: Int) throws(SQLiteError) -> [AuditRow] {
        guard let project = try project(scope) else { return [] }
        let select = try connection.statement(
            """
            SELECT n, entry, hash, request, signature FROM audit_log INDEXED BY audit_log_n
            WHERE project = ?1 AND n > ?2 ORDER BY n LIMIT ?3
            """)
        defer { select.reset() }
        try select.bind(project, at: 1)
        try select.bind(number, at: 2)
        try select.bind(Int64(limit), at: 3)
        var rows: [AuditRow] = []
        var bytes = 0
        while bytes < JournalPage.bytes, try select.step() {
            let row = auditRow(select)
            bytes += row.entry.count
            rows.append(row)
        }
        return rows
    }

    /// The row in which the decision of a request is audited.
    func auditRow(of request: RequestID, in scope: Scope) throws(SQLiteError) -> AuditRow? {
        guard let project = try project(scope) else { return nil }
        let select = try connection.statement(
            """
            SELECT n, entry, hash, request, signature FROM audit_log
            WHERE project = ?1 AND request = ?2 ORDER BY n LIMIT 1
            """)
        defer { select.reset() }
        try select.bind(project, at: 1)
        try select.bind(request.description, at: 2)
        return try select.step() ? auditRow(select) : nil
    }

    private func auditRow(_ row: SQLiteStatement) -> AuditRow {
        AuditRow(
            found: row.integer(0), entry: row.bytes(1), hash: row.bytes(2),
            request: row.isNull(3) ? nil : .some(RequestID(row.text(3))),
            signature: row.isNull(4) ? nil : row.bytes(4))
    }

    /// Looks at a page of projects for events on their feeds that are not audited.
    func unaudited(after scope: Scope?, limit: Int) throws(SQLiteError) -> UnauditedPage {
        let select = try connection.statement(
            """
            SELECT t.name, p.name, EXISTS(
              SELECT 1 FROM blocks b CROSS JOIN events e ON e.id BETWEEN b.block * 64 AND b.block * 64 + 63
              WHERE b.kind = 2 AND b.project = p.id AND b.block >= coalesce(h.position, 0) / 64 AND e.feed = p.id
                AND e.id > coalesce(h.position, 0))
            FROM tenants t CROSS JOIN projects p ON p.tenant = t.id LEFT JOIN audit_heads h ON h.project = p.id
            WHERE t.name >= ?1 AND (t.name, p.name) > (?1, ?2) ORDER BY t.name, p.name LIMIT ?3
            """)
        defer { select.reset() }
        try select.bind(scope?.tenant.text ?? "", at: 1)
        try select.bind(scope?.project.text ?? "", at: 2)
        try select.bind(Int64(limit), at: 3)
        var scopes: [Scope] = []
        var last: Scope?
        var count = 0
        while try select.step() {
            let found: Scope
            do {
                found = Scope(tenant: try TenantName(select.text(0)), project: try ProjectName(select.text(1)))
            } catch {
                throw .damaged("a project's name is malformed")
            }
            if select.integer(2) != 0 { scopes.append(found) }
            last = found
            count += 1
        }
        return UnauditedPage(scopes: scopes, last: count == limit ? last : nil)
    }
}
