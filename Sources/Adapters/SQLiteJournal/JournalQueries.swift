import HoldpointCore
import HoldpointPorts
import SQLiteClient

/// The queries of the reading connection; each takes its project's number into its conditions (I5).
final class JournalQueries {
    let connection: SQLiteConnection
    private var projects: [Scope: Int64] = [:]
    private var scopes: [Int64: Scope] = [:]

    init(_ connection: SQLiteConnection) {
        self.connection = connection
    }

    /// The number of a project, which is remembered since none is removed or renamed; nil if there is none.
    func project(_ scope: Scope) throws(SQLiteError) -> Int64? {
        if let known = projects[scope] { return known }
        let select = try connection.statement(
            "SELECT p.id FROM projects p JOIN tenants t ON t.id = p.tenant WHERE t.name = ?1 AND p.name = ?2")
        defer { select.reset() }
        try select.bind(scope.tenant.text, at: 1)
        try select.bind(scope.project.text, at: 2)
        guard try select.step() else { return nil }
        projects[scope] = select.integer(0)
        return select.integer(0)
    }

    /// The scope of a project's number.
    func scope(of project: Int64) throws(SQLiteError) -> Scope {
        if let known = scopes[project] { return known }
        let select = try connection.statement(
            "SELECT t.name, p.name FROM projects p JOIN tenants t ON t.id = p.tenant WHERE p.id = ?1")
        defer { select.reset() }
        try select.bind(project, at: 1)
        guard try select.step() else { throw .damaged("a row belongs to a project that is not there") }
        do {
            let scope = Scope(
                tenant: try TenantName(select.text(0)), project: try ProjectName(select.text(1)))
            scopes[project] = scope
            return scope
        } catch {
            throw .damaged("a project's name is malformed")
        }
    }

    /// What commits under a caller's key, if there is a record.
    func idempotencyRecord(_ key: String, in scope: Scope) throws(SQLiteError) -> IdempotencyRecord? {
        guard let project = try project(scope) else { return nil }
        return try IdempotencyRow.select(key, scope: scope, project: project, on: connection)
    }
}
