import HoldpointCore
import HoldpointPorts
import PostgresClient

/// The row of an agent's version; versions are dense, and none is changed or removed.
enum AgentRow {
    private static let columns = "name, version, program, input_schema, labels, created, definition"

    /// Of a page, what comes before its documents have as many bytes as a page may.
    private static func bounded(_ rows: String, by order: String) -> PostgresStatement {
        PostgresStatement(
            """
            select \(columns) from (
              select *, sum(bytes) over (order by \(order) rows unbounded preceding) - bytes as before
              from (
                select \(columns), coalesce(octet_length(definition), 0) + coalesce(octet_length(input_schema), 0)
                  as bytes
                from (\(rows)) page) measured
            ) sized where before < $5 order by \(order)
            """)
    }

    private static let versionsBefore = bounded(
        """
        select \(columns) from agents where tenant = $1 and project = $2 and name = $3 and version < $4
        order by version desc limit $6
        """, by: "version desc")
    private static let latestAfter = bounded(
        """
        select a.* from (
          select name, max(version) as version from agents where tenant = $1 and project = $2 and name > $3
          group by name order by name limit $4) latest
        join agents a on a.project = $2 and a.tenant = $1 and a.name = latest.name and a.version = latest.version
        """, by: "name")
    private static let one = PostgresStatement(
        "select \(columns) from agents where tenant = $1 and project = $2 and name = $3 and version = $4")
    private static let last = PostgresStatement(
        """
        select \(columns) from agents where tenant = $1 and project = $2 and name = $3 order by version desc limit 1
        """)
    private static let add = PostgresStatement(
        """
        insert into agents(tenant, project, name, version, program, input_schema, labels, created, definition)
        values($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing
        """)

    /// The latest version of an agent; nil if the project has none by that name.
    static func latest(
        _ name: AgentName, in project: ProjectNumbers, _ queries: JournalQueries
    ) async throws(PostgresError) -> AgentRecord? {
        try await queries.rows(in: project, last, [.text(name.text)]).first.map { (row) throws(PostgresError) in
            try record(row)
        }
    }

    /// One version of an agent; nil if there is none.
    static func version(
        _ version: Int64, of name: AgentName, in project: ProjectNumbers, _ queries: JournalQueries
    ) async throws(PostgresError) -> AgentRecord? {
        try await queries.rows(in: project, one, [.text(name.text), .int8(version)]).first
            .map { (row) throws(PostgresError) in try record(row) }
    }

    /// An agent's versions, the newest first, from the one before another.
    static func versions(
        of name: AgentName, before version: Int64?, limit: Int, in project: ProjectNumbers, _ queries: JournalQueries
    ) async throws(PostgresError) -> [AgentRecord] {
        let parameters: [PostgresValue] = [
            .text(name.text), .int8(version ?? .max), .int8(Int64(JournalPage.bytes)), .int8(Int64(limit)),
        ]
        return try await queries.rows(in: project, versionsBefore, parameters)
            .map { (row) throws(PostgresError) in try record(row) }
    }

    /// The latest versions of a project's agents by name, after one.
    static func page(
        after name: AgentName?, limit: Int, in project: ProjectNumbers, _ queries: JournalQueries
    ) async throws(PostgresError) -> [AgentRecord] {
        let parameters: [PostgresValue] = [
            .text(name?.text ?? ""), .int8(Int64(limit)), .int8(Int64(JournalPage.bytes)),
        ]
        return try await queries.rows(in: project, latestAfter, parameters)
            .map { (row) throws(PostgresError) in try record(row) }
    }

    /// Adds a version; false if there is one of that number already.
    static func insert(
        _ record: AgentRecord, in project: ProjectNumbers, on pool: PostgresPool
    ) async throws(PostgresError) -> Bool {
        let definition = record.definition
        var segment = PostgresSegment()
        Tenants.name([project.tenant], in: &segment)
        segment.add(
            add,
            project.values + [
                .text(definition.name.text), .int8(record.version), .text(definition.program.rawValue),
                .optional(definition.inputSchema.map { StoredForm.encode($0) }),
                .bytes(StoredForm.encode(definition.labels)), .time(record.createdAt),
                .optional(definition.definition.map { StoredForm.encode($0) }),
            ])
        return try await pool.run(segment).last?.affectedRows == 1
    }

    private static func record(_ row: PostgresRow) throws(PostgresError) -> AgentRecord {
        let definition = AgentDefinition(
            name: try row.known(try? AgentName(row.text(0)), 0),
            program: try row.known(Program(rawValue: row.text(2)), 2), definition: try row.optionalDocument(6),
            inputSchema: try row.optionalDocument(3), labels: try row.labels(4))
        return AgentRecord(definition: definition, version: try row.integer(1), createdAt: try row.time(5))
    }
}
