import HoldpointCore
import HoldpointPorts
import PostgresClient

extension JournalQueries {
    private static let state = PostgresStatement(
        "select n, hash, xid, place from audit_heads where tenant = $1 and project = $2")

    /// Where a project's audit log ends.
    func auditState(in project: ProjectNumbers) async throws(PostgresError) -> AuditState {
        guard let row = try await rows(in: project, Self.state, []).first else { return .beginning }
        return AuditState(
            head: AuditHead(number: try row.integer(0), hash: try row.digest(1)),
            position: FeedPosition(transaction: try row.integer(2), index: try row.integer(3)))
    }

    private static let page = PostgresStatement(
        """
        select n, entry, hash, request, signature from (
          select n, entry, hash, request, signature,
            sum(octet_length(entry)) over (order by n rows unbounded preceding) - octet_length(entry) as before
          from (
            select n, entry, hash, request, signature from audit_log
            where tenant = $1 and project = $2 and n > $3 order by n limit $4) l
        ) sized where before < $5 order by n
        """)

    /// A page of a project's audit log.
    func auditRows(
        in project: ProjectNumbers, after number: Int64, limit: Int
    ) async throws(PostgresError) -> [AuditRow] {
        let parameters: [PostgresValue] = [.int8(number), .int8(Int64(limit)), .int8(Int64(JournalPage.bytes))]
        return try await rows(in: project, Self.page, parameters).map { (row) throws(PostgresError) in
            try auditRow(row)
        }
    }

    private static let decision = PostgresStatement(
        """
        select n, entry, hash, request, signature from audit_log
        where tenant = $1 and project = $2 and request = $3 order by n limit 1
        """)

    /// The row in which the decision of a request is audited.
    func auditRow(of request: RequestID, in project: ProjectNumbers) async throws(PostgresError) -> AuditRow? {
        try await rows(in: project, Self.decision, [.bytes(request.storedBytes)]).first.map {
            (row) throws(PostgresError) in try auditRow(row)
        }
    }

    private func auditRow(_ row: PostgresRow) throws(PostgresError) -> AuditRow {
        let request = try row.optionalBytes(3)
        return AuditRow(
            found: try row.integer(0), entry: try row.bytes(1), hash: try row.bytes(2),
            request: request.map { RequestID(storedBytes: $0) }, signature: try row.optionalBytes(4))
    }

    private static let news = PostgresStatement(
        """
        select t.name, p.name, exists (
          select from log l where l.project = p.id and l.n is not null
            and (l.xid, l.n) > (coalesce(h.xid, 0), coalesce(h.place, 0)))
        from tenants t join projects p on p.tenant = t.id left join audit_heads h on h.project = p.id
        where t.name >= $1 and (t.name, p.name) > ($1, $2) order by t.name, p.name limit $3
        """)

    /// Looks at a page of projects for events on their feeds that are not audited.
    func unaudited(after scope: Scope?, limit: Int) async throws(PostgresError) -> UnauditedPage {
        let parameters: [PostgresValue] = [
            .text(scope?.tenant.text ?? ""), .text(scope?.project.text ?? ""), .int8(Int64(limit)),
        ]
        let rows = try await unscoped.run(Self.news, parameters).rows
        var scopes: [Scope] = []
        for row in rows where try row.boolean(2) { scopes.append(try row.scope(0)) }
        let last = try rows.last.map { (row) throws(PostgresError) in try row.scope(0) }
        return UnauditedPage(scopes: scopes, last: rows.count == limit ? last : nil)
    }
}
