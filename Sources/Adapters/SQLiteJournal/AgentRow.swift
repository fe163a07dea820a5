import HoldpointCore
import HoldpointPorts
import JSON
import SQLiteClient

/// The row of an agent's version.
enum AgentRow {
    /// Adds a version.
    static func insert(
        _ record: AgentRecord, project: Int64, on connection: SQLiteConnection
    ) throws(SQLiteError) {
        let insert = try connection.statement(
            """
            INSERT INTO agents(project, name, version, program, input_schema, labels, created, definition)
            VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
            """)
        let definition = record.definition
        try insert.bind(project, at: 1)
        try insert.bind(definition.name.text, at: 2)
        try insert.bind(record.version, at: 3)
        try insert.bind(definition.program.rawValue, at: 4)
        try insert.bind(definition.inputSchema.map { StoredForm.encode($0) }, at: 5)
        try insert.bind(StoredForm.encode(definition.labels), at: 6)
        try insert.bind(record.createdAt, at: 7)
        try insert.bind(definition.definition.map { StoredForm.encode($0) }, at: 8)
        try insert.run()
    }

    /// The latest version of an agent; nil if the project has none by that name.
    static func latest(
        _ name: AgentName, project: Int64, on connection: SQLiteConnection
    ) throws(SQLiteError) -> AgentRecord? {
        try versions(of: name, before: nil, limit: 1, project: project, on: connection).first
    }

    /// One version of an agent; nil if there is none.
    static func version(
        _ version: Int64, of name: AgentName, project: Int64, on connection: SQLiteConnection
    ) throws(SQLiteError) -> AgentRecord? {
        let select = try connection.statement(
            """
            SELECT name, version, program, input_schema, labels, created, definition FROM agents
            WHERE project = ?1 AND name = ?2 AND version = ?3
            """)
        defer { select.reset() }
        try select.bind(project, at: 1)
        try select.bind(name.text, at: 2)
        try select.bind(version, at: 3)
        return try select.step() ? try record(select) : nil
    }

    /// An agent's versions, the newest first, from the one before another.
    static func versions(
        of name: AgentName, before version: Int64?, limit: Int, project: Int64, on connection: SQLiteConnection
    ) throws(SQLiteError) -> [AgentRecord] {
        let select = try connection.statement(
            """
            SELECT name, version, program, input_schema, labels, created, definition FROM agents
            WHERE project = ?1 AND name = ?2 AND version < ?3 ORDER BY version DESC LIMIT ?4
            """)
        defer { select.reset() }
        try select.bind(project, at: 1)
        try select.bind(name.text, at: 2)
        try select.bind(version ?? .max, at: 3)
        try select.bind(Int64(limit), at: 4)
        return try records(select)
    }

    /// The latest versions of a project's agents by name, after one.
    static func page(
        after name: AgentName?, limit: Int, project: Int64, on connection: SQLiteConnection
    ) throws(SQLiteError) -> [AgentRecord] {
        // Of the columns beside max(), SQLite takes the values of the row that has the maximum.
        let select = try connection.statement(
            """
            SELECT name, max(version), program, input_schema, labels, created, definition FROM agents
            WHERE project = ?1 AND name > ?2 GROUP BY name ORDER BY name LIMIT ?3
            """)
        defer { select.reset() }
        try select.bind(project, at: 1)
        try select.bind(name?.text ?? "", at: 2)
        try select.bind(Int64(limit), at: 3)
        return try records(select)
    }

    /// The records of a page, until their documents have as many bytes as a page may.
    private static func records(_ rows: SQLiteStatement) throws(SQLiteError) -> [AgentRecord] {
        var records: [AgentRecord] = []
        var bytes = 0
        while bytes < JournalPage.bytes, try rows.step() {
            let record = try record(rows)
            bytes += record.documentBytes
            records.append(record)
        }
        return records
    }

    private static func record(_ row: SQLiteStatement) throws(SQLiteError) -> AgentRecord {
        let name: AgentName
        do { name = try AgentName(row.text(0)) } catch { throw .damaged("an agent's name is malformed") }
        guard let program = Program(rawValue: row.text(2)) else {
            throw .damaged("an agent's program is unknown to this release")
        }
        let definition = AgentDefinition(
            name: name, program: program, definition: try document(row, 6), inputSchema: try document(row, 3),
            labels: try StoredForm.labels(row.bytes(4)).orDamaged("an agent's labels are malformed"))
        return AgentRecord(definition: definition, version: row.integer(1), createdAt: row.timestamp(5))
    }

    private static func document(_ row: SQLiteStatement, _ column: Int32) throws(SQLiteError) -> JSONValue? {
        guard let bytes = row.optionalBytes(column) else { return nil }
        return try StoredForm.value(bytes).orDamaged("a stored value is not JSON")
    }
}
