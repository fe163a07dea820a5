import PostgresClient

/// The queries of the shared store, each one segment, so that one transaction.
///
/// What belongs to a project is read as `holdpoint_api` with the project's numbers set in the same transaction: row
/// level security hides all other rows, even if a condition were forgotten (I5). What a node asks across projects, such
/// as what is due in its shards, is read as `holdpoint_engine`.
struct JournalQueries: Sendable {
    /// Connections of `holdpoint_api`.
    let scoped: PostgresPool
    /// Connections of `holdpoint_engine`.
    let unscoped: PostgresPool
    /// The numbers of projects.
    let projects: KnownProjects
    /// How far the feeds can be read.
    let horizon: FeedHorizon

    /// Sets what row level security looks at until the transaction ends; the first statement of each scoped segment.
    private static let enter = PostgresStatement(
        "select set_config('app.tenant', $1::int8::text, true), set_config('app.project', $2::int8::text, true)")

    /// A segment within a project, to which statements are added.
    func segment(in project: ProjectNumbers) -> PostgresSegment {
        PostgresSegment(Self.enter, project.values)
    }

    /// A segment of one statement within a project, whose parameters `$1` and `$2` are the tenant and the project.
    func segment(
        in project: ProjectNumbers, _ statement: PostgresStatement, _ parameters: [PostgresValue]
    ) -> PostgresSegment {
        var segment = segment(in: project)
        segment.add(statement, project.values + parameters)
        return segment
    }

    /// The rows of one statement within a project: few, or bounded in bytes by the statement itself.
    func rows(
        in project: ProjectNumbers, _ statement: PostgresStatement, _ parameters: [PostgresValue]
    ) async throws(PostgresError) -> [PostgresRow] {
        try await scoped.run(segment(in: project, statement, parameters)).last?.rows ?? []
    }

    /// Reads the rows of a segment's last statement however large they are together, a page in memory at a time.
    func read<Output>(
        _ segment: PostgresSegment, on pool: PostgresPool,
        _ decode: (PostgresRow) throws(PostgresError) -> Output
    ) async throws(PostgresError) -> [Output] {
        var outputs: [Output] = []
        try await pool.read(segment) { rows throws(PostgresError) in
            for row in rows { outputs.append(try decode(row)) }
            return true
        }
        return outputs
    }
}
