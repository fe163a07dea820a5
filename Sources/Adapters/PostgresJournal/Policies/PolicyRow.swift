import HoldpointCore
import HoldpointPorts
import PostgresClient

/// The row of a policy's version; versions are dense, and none is changed or removed.
enum PolicyRow {
    private static let columns = "version, document, principal, created"

    private static let last = PostgresStatement(
        "select \(columns) from policies where tenant = $1 and project = $2 order by version desc limit 1")
    private static let one = PostgresStatement(
        "select \(columns) from policies where tenant = $1 and project = $2 and version = $3")
    // Of a page, what comes before its documents have as many bytes as a page may.
    private static let versionsBefore = PostgresStatement(
        """
        select \(columns) from (
          select *, sum(octet_length(document)) over (order by version desc rows unbounded preceding)
            - octet_length(document) as before
          from (
            select \(columns) from policies where tenant = $1 and project = $2 and version < $3
            order by version desc limit $5) page
        ) sized where before < $4 order by version desc
        """)
    private static let add = PostgresStatement(
        """
        with made as (
            insert into policies(tenant, project, version, document, principal, created)
            values($1, $2, $3, $4, $5, $6) on conflict do nothing
            returning version)
        update projects p set policy = m.version from made m where p.id = $2 and p.tenant = $1
        """)

    /// The version in force; nil if there never was one.
    static func inForce(
        in project: ProjectNumbers, _ queries: JournalQueries
    ) async throws(PostgresError) -> PolicyRecord? {
        try await queries.rows(in: project, last, []).first.map { (row) throws(PostgresError) in try record(row) }
    }

    /// One version; nil if there is none.
    static func version(
        _ version: Int64, in project: ProjectNumbers, _ queries: JournalQueries
    ) async throws(PostgresError) -> PolicyRecord? {
        try await queries.rows(in: project, one, [.int8(version)]).first
            .map { (row) throws(PostgresError) in try record(row) }
    }

    /// The versions, the newest first, from the one before another.
    static func page(
        before version: Int64?, limit: Int, in project: ProjectNumbers, _ queries: JournalQueries
    ) async throws(PostgresError) -> [PolicyRecord] {
        let parameters: [PostgresValue] = [
            .int8(version ?? .max), .int8(Int64(JournalPage.bytes)), .int8(Int64(limit)),
        ]
        return try await queries.rows(in: project, versionsBefore, parameters)
            .map { (row) throws(PostgresError) in try record(row) }
    }

    /// Adds a version and puts it in force; false if there is one of that number already.
    static func insert(
        _ record: PolicyRecord, in project: ProjectNumbers, on pool: PostgresPool
    ) async throws(PostgresError) -> Bool {
        var segment = PostgresSegment()
        Tenants.name([project.tenant], in: &segment)
        segment.add(
            add,
            project.values + [
                .int8(record.version), .bytes(StoredForm.encode(record.document)),
                .bytes(Array(record.principal.text.utf8)), .time(record.createdAt),
            ])
        return try await pool.run(segment).last?.affectedRows == 1
    }

    private static func record(_ row: PostgresRow) throws(PostgresError) -> PolicyRecord {
        PolicyRecord(
            version: try row.integer(0), document: try row.known(row.optionalDocument(1), 1),
            principal: Principal(recorded: try row.plainText(2)), createdAt: try row.time(3))
    }
}
