import HoldpointCore
import HoldpointPorts
import SQLiteClient

/// What the writing connection changes, and what it remembers about rows so as not to read them for every commit.
///
/// What is remembered stays true while no other connection writes; `didBegin` finds out, under the write lock.
final class JournalDatabase: GroupWritable {
    let connection: SQLiteConnection
    private let rememberedSessions: Int
    private var dataVersion: Int64 = -1
    private var sessions: [SessionKey: SessionRow] = [:]
    private var projects: [Scope: Int64] = [:]
    private var shards: [ShardRow] = []
    private var blocks = RowBlocks()

    init(_ connection: SQLiteConnection, rememberedSessions: Int) {
        self.connection = connection
        self.rememberedSessions = rememberedSessions
    }

    /// What commits need of a session's row.
    struct SessionRow {
        let id: Int64
        let project: Int64
        var head: Int64
        var wake: Int64?
        var isQuarantined: Bool
        var hasSecrets: Bool
    }

    /// The numbers that fence a shard.
    struct ShardRow {
        var epoch: Int64
        var generation: Int64
    }

    func didBegin() throws(SQLiteError) {
        // Changes when another connection has committed: a tool that makes keys, or an engine that took the shards.
        let statement = try connection.statement("PRAGMA data_version")
        defer { statement.reset() }
        let present = try statement.step() ? statement.integer(0) : -1
        if present != dataVersion {
            forget()
            dataVersion = present
        }
    }

    func didRollBack() {
        forget()
    }

    private func forget() {
        sessions.removeAll(keepingCapacity: true)
        projects.removeAll()
        shards.removeAll()
        blocks.forget()
    }

    /// Forgets sessions that were deleted, and which blocks of rows are noted.
    func forget(_ deleted: [SessionKey]) {
        for key in deleted { sessions[key] = nil }
        blocks.forget()
    }

    /// Notes the row that was inserted last under its project.
    func noteRow(_ kind: RowBlocks.Kind, project: Int64) throws(SQLiteError) {
        try blocks.note(kind, row: connection.lastInsertedRow, project: project, on: connection)
    }

    // MARK: Projects

    /// The number of a project; nil if there is none.
    func project(_ scope: Scope) throws(SQLiteError) -> Int64? {
        if let known = projects[scope] { return known }
        let select = try connection.statement(
            """
            SELECT p.id FROM projects p JOIN tenants t ON t.id = p.tenant WHERE t.name = ?1 AND p.name = ?2
            """)
        defer { select.reset() }
        try select.bind(scope.tenant.text, at: 1)
        try select.bind(scope.project.text, at: 2)
        guard try select.step() else { return nil }
        projects[scope] = select.integer(0)
        return select.integer(0)
    }

    // MARK: Sessions

    /// A session of a project; nil if the project has none by that key.
    func session(_ key: SessionKey, project: Int64) throws(SQLiteError) -> SessionRow? {
        if let known = sessions[key] { return known.project == project ? known : nil }
        let select = try connection.statement(
            """
            SELECT id, head, wake, quarantine IS NOT NULL,
              EXISTS(SELECT 1 FROM secrets WHERE secrets.session = sessions.id AND secrets.project = ?1)
            FROM sessions WHERE project = ?1 AND key = ?2
            """)
        defer { select.reset() }
        try select.bind(project, at: 1)
        try select.bind(key.value, at: 2)
        guard try select.step() else { return nil }
        let row = SessionRow(
            id: select.integer(0), project: project, head: select.integer(1), wake: select.optionalInteger(2),
            isQuarantined: select.integer(3) != 0, hasSecrets: select.integer(4) != 0)
        remember(row, of: key)
        return row
    }

    /// Keeps what was read or written about a session.
    func remember(_ row: SessionRow, of key: SessionKey) {
        if sessions.count >= rememberedSessions { sessions.removeAll(keepingCapacity: true) }
        sessions[key] = row
    }

    // MARK: Shards

    /// The present fence of a shard.
    func fence(of shard: Shard) throws(SQLiteError) -> Fence {
        if shards.isEmpty { shards = try readShards() }
        let row = shards[Int(shard.number)]
        return Fence(shard: shard, epoch: row.epoch, generation: row.generation)
    }

    /// Forgets the fences, after they were changed.
    func forgetFences() {
        shards.removeAll()
    }

    private func readShards() throws(SQLiteError) -> [ShardRow] {
        var rows: [ShardRow] = []
        let select = try connection.statement("SELECT epoch, generation FROM shards ORDER BY shard")
        defer { select.reset() }
        while try select.step() {
            rows.append(ShardRow(epoch: select.integer(0), generation: select.integer(1)))
        }
        guard rows.count == Shard.all.count else { throw .damaged("the table of shards has \(rows.count) rows") }
        return rows
    }
}
