import HoldpointCore
import HoldpointPorts
import SQLiteClient

/// The row of an agent's version.
enum AgentRow {
    /// Adds a version.
    static func insert(
        _ record: AgentRecord, project: Int64, on connection: SQLiteConnection
    ) throws(SQLiteError) {
        let insert = try connection.statement(
            """
            INSERT INTO agents(project, name, version, program, input_schema, labels, created)
            VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)
            """)
        let definition = record.definition
        try insert.bind(project, at: 1)
        try insert.bind(definition.name.text, at: 2)
        try insert.bind(record.version, at: 3)
        try insert.bind(definition.program.rawValue, at: 4)
        try insert.bind(definition.inputSchema.map { StoredForm.encode($0) }, at: 5)
        try insert.bind(StoredForm.encode(definition.labels), at: 6)
        try insert.bind(record.createdAt, at: 7)
        try insert.run()
    }

    /// The latest version of an agent; nil if the project has none by that name.
    static func latest(
        _ name: AgentName, project: Int64, on connection: SQLiteConnection
    ) throws(SQLiteError) -> AgentRecord? {
        let select = try connection.statement(
            """
            SELECT name, version, program, input_schema, labels, created FROM agents
            WHERE project = ?1 AND name = ?2 ORDER BY version DESC LIMIT 1
            """)
        defer { select.reset() }
        try select.bind(project, at: 1)
        try select.bind(name.text, at: 2)
        return try select.step() ? try record(select) : nil
    }

    /// The latest versions of a project's agents by name, after one.
    static func page(
        after name: AgentName?, limit: Int, project: Int64, on connection: SQLiteConnection
    ) throws(SQLiteError) -> [AgentRecord] {
        // Of the columns beside max(), SQLite takes the values of the row that has the maximum.
        let select = try connection.statement(
            """
            SELECT name, max(version), program, input_schema, labels, created FROM agents
            WHERE project = ?1 AND name > ?2 GROUP BY name ORDER BY name LIMIT ?3
            """)
        defer { select.reset() }
        try select.bind(project, at: 1)
        try select.bind(name?.text ?? "", at: 2)
        try select.bind(Int64(limit), at: 3)
        var records: [AgentRecord] = []
        while try select.step() { records.append(try record(select)) }
        return records
    }

    private static func record(_ row: SQLiteStatement) throws(SQLiteError) -> AgentRecord {
        let name: AgentName
        do { name = try AgentName(row.text(0)) } catch { throw .damaged("an agent's name is malformed") }
        guard let program = Program(rawValue: row.text(2)) else {
            throw .damaged("an agent's program is unknown to this release")
        }
        let schema = row.optionalBytes(3)
        let definition = AgentDefinition(
            name: name, program: program,
            inputSchema: try schema.map { (bytes) throws(SQLiteError) in
                try StoredForm.value(bytes)
            },
            labels: try StoredForm.labels(row.bytes(4)))
        return AgentRecord(definition: definition, version: row.integer(1), createdAt: row.timestamp(5))
    }
}
