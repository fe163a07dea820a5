import HoldpointCore
import HoldpointPorts
import SQLiteClient

/// The row of a project's user.
enum UserRow {
    /// Writes a user under its id; false if it is another one and the project has as many as it may.
    static func put(
        _ record: UserRecord, _ document: [UInt8], project: Int64, on connection: SQLiteConnection
    ) throws(SQLiteError) -> Bool {
        let update = try connection.statement(
            "UPDATE users SET document = ?3, updated = ?4 WHERE project = ?1 AND name = ?2")
        try write(record, document, project: project, with: update)
        if connection.changedRows == 1 { return true }
        let insert = try connection.statement(
            """
            INSERT INTO users(project, name, document, updated) SELECT ?1, ?2, ?3, ?4
            WHERE (SELECT count(*) FROM users WHERE project = ?1) < ?5
            """)
        try insert.bind(Int64(PeopleLimits.usersPerProject), at: 5)
        try write(record, document, project: project, with: insert)
        return connection.changedRows == 1
    }

    private static func write(
        _ record: UserRecord, _ document: [UInt8], project: Int64, with statement: SQLiteStatement
    ) throws(SQLiteError) {
        try statement.bind(project, at: 1)
        try statement.bind(record.user.id.text, at: 2)
        try statement.bind(record.updatedAt, at: 4)
        try statement.run(borrowing: document, at: 3)
    }

    /// Deletes a user; false if there is none of that id.
    static func delete(_ id: UserID, project: Int64, on connection: SQLiteConnection) throws(SQLiteError) -> Bool {
        let delete = try connection.statement("DELETE FROM users WHERE project = ?1 AND name = ?2")
        try delete.bind(project, at: 1)
        try delete.bind(id.text, at: 2)
        try delete.run()
        return connection.changedRows == 1
    }

    /// The user of that id.
    static func select(
        _ id: UserID, project: Int64, on connection: SQLiteConnection
    ) throws(SQLiteError) -> UserRecord? {
        let select = try connection.statement("SELECT document, updated FROM users WHERE project = ?1 AND name = ?2")
        defer { select.reset() }
        try select.bind(project, at: 1)
        try select.bind(id.text, at: 2)
        guard try select.step() else { return nil }
        return try record(select)
    }

    /// A page of a project's users by id.
    static func page(
        after id: UserID?, limit: Int, project: Int64, on connection: SQLiteConnection
    ) throws(SQLiteError) -> [UserRecord] {
        let select = try connection.statement(
            "SELECT document, updated FROM users WHERE project = ?1 AND name > ?2 ORDER BY name LIMIT ?3")
        defer { select.reset() }
        try select.bind(project, at: 1)
        try select.bind(id?.text ?? "", at: 2)
        try select.bind(Int64(limit), at: 3)
        var records: [UserRecord] = []
        while try select.step() { records.append(try record(select)) }
        return records
    }

    private static func record(_ row: SQLiteStatement) throws(SQLiteError) -> UserRecord {
        do {
            return try UserRecord(document: row.bytes(0), updatedAt: row.timestamp(1))
        } catch {
            throw .damaged("a user's document is malformed")
        }
    }
}
