import HoldpointCore
import HoldpointPorts
import JSON
import SQLiteClient

/// The row of a policy's version; versions are dense, and none is changed or removed.
enum PolicyRow {
    /// Adds a version and puts it in force.
    static func insert(
        _ record: PolicyRecord, project: Int64, on connection: SQLiteConnection
    ) throws(SQLiteError) {
        let insert = try connection.statement(
            "INSERT INTO policies(project, version, document, principal, created) VALUES(?1, ?2, ?3, ?4, ?5)")
        try insert.bind(project, at: 1)
        try insert.bind(record.version, at: 2)
        try insert.bind(StoredForm.encode(record.document), at: 3)
        try insert.bind(record.principal.text, at: 4)
        try insert.bind(record.createdAt, at: 5)
        try insert.run()
        let update = try connection.statement("UPDATE projects SET policy = ?2 WHERE id = ?1")
        try update.bind(project, at: 1)
        try update.bind(record.version, at: 2)
        try update.run()
    }

    /// The number of the version in force; 0 if there never was one.
    static func versionInForce(project: Int64, on connection: SQLiteConnection) throws(SQLiteError) -> Int64 {
        let select = try connection.statement("SELECT policy FROM projects WHERE id = ?1")
        defer { select.reset() }
        try select.bind(project, at: 1)
        return try select.step() ? select.integer(0) : 0
    }

    /// The version in force; nil if there never was one.
    static func inForce(project: Int64, on connection: SQLiteConnection) throws(SQLiteError) -> PolicyRecord? {
        try page(before: nil, limit: 1, project: project, on: connection).first
    }

    /// One version; nil if there is none.
    static func version(
        _ version: Int64, project: Int64, on connection: SQLiteConnection
    ) throws(SQLiteError) -> PolicyRecord? {
        let select = try connection.statement(
            "SELECT version, document, principal, created FROM policies WHERE project = ?1 AND version = ?2")
        defer { select.reset() }
        try select.bind(project, at: 1)
        try select.bind(version, at: 2)
        return try select.step() ? try record(select) : nil
    }

    /// The versions, the newest first, from the one before another, until their documents have as many bytes as a page
    /// may.
    static func page(
        before version: Int64?, limit: Int, project: Int64, on connection: SQLiteConnection
    ) throws(SQLiteError) -> [PolicyRecord] {
        let select = try connection.statement(
            """
            SELECT version, document, principal, created FROM policies
            WHERE project = ?1 AND version < ?2 ORDER BY version DESC LIMIT ?3
            """)
        defer { select.reset() }
        try select.bind(project, at: 1)
        try select.bind(version ?? .max, at: 2)
        try select.bind(Int64(limit), at: 3)
        var records: [PolicyRecord] = []
        var bytes = 0
        while bytes < JournalPage.bytes, try select.step() {
            let record = try record(select)
            bytes += record.documentBytes
            records.append(record)
        }
        return records
    }

    private static func record(_ row: SQLiteStatement) throws(SQLiteError) -> PolicyRecord {
        PolicyRecord(
            version: row.integer(0), document: try StoredForm.value(row.bytes(1)).orDamaged("a policy is not JSON"),
            principal: Principal(recorded: row.text(2)), createdAt: row.timestamp(3))
    }
}
