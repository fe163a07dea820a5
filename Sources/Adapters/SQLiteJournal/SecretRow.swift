import HoldpointCore
import HoldpointPorts
import SQLiteClient

/// The row of a project's secret.
enum SecretRow {
    /// Writes a secret under its name; false if it is another one and the project has as many as it may.
    static func put(
        _ secret: ProjectSecret, project: Int64, on connection: SQLiteConnection
    ) throws(SQLiteError) -> Bool {
        let update = try connection.statement(
            "UPDATE project_secrets SET box = ?3, updated = ?4 WHERE project = ?1 AND name = ?2")
        try bind(secret, project: project, to: update)
        if connection.changedRows == 1 { return true }
        let insert = try connection.statement(
            """
            INSERT INTO project_secrets(project, name, box, updated) SELECT ?1, ?2, ?3, ?4
            WHERE (SELECT count(*) FROM project_secrets WHERE project = ?1) < ?5
            """)
        try insert.bind(Int64(ProjectSecretLimits.perProject), at: 5)
        try bind(secret, project: project, to: insert)
        return connection.changedRows == 1
    }

    private static func bind(
        _ secret: ProjectSecret, project: Int64, to statement: SQLiteStatement
    ) throws(SQLiteError) {
        try statement.bind(project, at: 1)
        try statement.bind(secret.name.text, at: 2)
        try statement.bind(secret.updatedAt, at: 4)
        try statement.run(borrowing: secret.box, at: 3)
    }

    /// Deletes a secret; false if there is none of that name.
    static func delete(
        _ name: SecretName, project: Int64, on connection: SQLiteConnection
    ) throws(SQLiteError) -> Bool {
        let delete = try connection.statement("DELETE FROM project_secrets WHERE project = ?1 AND name = ?2")
        try delete.bind(project, at: 1)
        try delete.bind(name.text, at: 2)
        try delete.run()
        return connection.changedRows == 1
    }

    /// The secret of that name.
    static func select(
        _ name: SecretName, project: Int64, on connection: SQLiteConnection
    ) throws(SQLiteError) -> ProjectSecret? {
        let select = try connection.statement(
            "SELECT box, updated FROM project_secrets WHERE project = ?1 AND name = ?2")
        defer { select.reset() }
        try select.bind(project, at: 1)
        try select.bind(name.text, at: 2)
        guard try select.step() else { return nil }
        return ProjectSecret(name: name, box: select.bytes(0), updatedAt: select.timestamp(1))
    }

    /// A page of a project's secrets by name.
    static func page(
        after name: SecretName?, limit: Int, project: Int64, on connection: SQLiteConnection
    ) throws(SQLiteError) -> [ProjectSecretEntry] {
        let select = try connection.statement(
            "SELECT name, updated FROM project_secrets WHERE project = ?1 AND name > ?2 ORDER BY name LIMIT ?3")
        defer { select.reset() }
        try select.bind(project, at: 1)
        try select.bind(name?.text ?? "", at: 2)
        try select.bind(Int64(limit), at: 3)
        var entries: [ProjectSecretEntry] = []
        while try select.step() {
            let name: SecretName
            do { name = try SecretName(select.text(0)) } catch { throw .damaged("a secret's name is malformed") }
            entries.append(ProjectSecretEntry(name: name, updatedAt: select.timestamp(1)))
        }
        return entries
    }
}
