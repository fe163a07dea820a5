import HoldpointCore
import HoldpointPorts
import SQLiteClient

extension JournalDatabase {
    /// Appends rows to an audit log that ends where the writer saw it; false if it does not.
    func append(_ append: AuditAppend) throws(SQLiteError) -> Verdict<Bool> {
        guard try fence(of: append.fence.shard) == append.fence else { return .failure(.fenced) }
        guard let project = try project(append.scope) else {
            return .failure(.refused("the project \(append.scope) does not exist"))
        }
        guard try AuditHeadRow.select(project: project, on: connection) == append.from else { return .success(false) }
        let insert = try connection.statement(
            "INSERT INTO audit_log(project, n, entry, hash, request, signature) VALUES(?1, ?2, ?6, ?3, ?4, ?5)")
        for row in append.rows {
            try insert.bind(project, at: 1)
            try insert.bind(row.number, at: 2)
            try insert.bind(row.hash, at: 3)
            try insert.bind(row.request?.description, at: 4)
            try insert.bind(row.signature?.bytes, at: 5)
            try insert.run(borrowing: row.entry, at: 6)
        }
        try AuditHeadRow.put(append.to, project: project, on: connection)
        return .success(true)
    }
}

/// The row that says where a project's audit log ends.
enum AuditHeadRow {
    /// Where the log ends; its beginning if there is no row.
    static func select(project: Int64, on connection: SQLiteConnection) throws(SQLiteError) -> AuditState {
        let select = try connection.statement("SELECT n, hash, position FROM audit_heads WHERE project = ?1")
        defer { select.reset() }
        try select.bind(project, at: 1)
        guard try select.step() else { return .beginning }
        return AuditState(
            head: AuditHead(number: select.integer(0), hash: try select.digest(1)),
            position: FeedPosition(transaction: select.integer(2)))
    }

    /// Writes where the log ends.
    static func put(_ state: AuditState, project: Int64, on connection: SQLiteConnection) throws(SQLiteError) {
        let upsert = try connection.statement(
            """
            INSERT INTO audit_heads(project, n, hash, position) VALUES(?1, ?2, ?3, ?4)
            ON CONFLICT(project) DO UPDATE SET n = excluded.n, hash = excluded.hash, position = excluded.position
            """)
        try upsert.bind(project, at: 1)
        try upsert.bind(state.head.number, at: 2)
        try upsert.bind(state.head.hash, at: 3)
        try upsert.bind(state.position.transaction, at: 4)
        try upsert.run()
    }
}
