import HoldpointCore
import HoldpointPorts
import SQLiteClient

/// The row of an API key.
enum KeyRow {
    /// Adds a key; false if its id is taken.
    static func insert(
        _ key: KeyRecord, tenant: Int64, project: Int64?, on connection: SQLiteConnection
    ) throws(SQLiteError) -> Bool {
        let insert = try connection.statement(
            """
            INSERT INTO keys(public, digest, tenant, project, scopes, created) VALUES(?1, ?2, ?3, ?4, ?5, ?6)
            ON CONFLICT DO NOTHING
            """)
        try insert.bind(key.id, at: 1)
        try insert.bind(key.secretDigest, at: 2)
        try insert.bind(tenant, at: 3)
        try insert.bind(project, at: 4)
        try insert.bind(key.scopes.map(\.rawValue).sorted().joined(separator: " "), at: 5)
        try insert.bind(key.createdAt, at: 6)
        try insert.run()
        return connection.changedRows == 1
    }

    /// Writes what can change of a key.
    static func update(_ key: KeyRecord, on connection: SQLiteConnection) throws(SQLiteError) {
        let update = try connection.statement(
            """
            UPDATE keys SET digest = ?2, replaced = ?3, replaced_until = ?4, rotated = ?5, revoked = ?6
            WHERE public = ?1
            """)
        try update.bind(key.id, at: 1)
        try update.bind(key.secretDigest, at: 2)
        if let replaced = key.replaced { try update.bind(replaced.digest, at: 3) } else { try update.bindNull(at: 3) }
        try update.bind(key.replaced?.validUntil, at: 4)
        try update.bind(key.rotatedAt, at: 5)
        try update.bind(key.revokedAt, at: 6)
        try update.run()
    }

    /// The key of that public id: the one query without a scope, since it is what gives callers theirs.
    static func select(_ id: String, on connection: SQLiteConnection) throws(SQLiteError) -> KeyRecord? {
        let select = try connection.statement(
            """
            SELECT k.public, k.digest, t.name, p.name, k.scopes, k.created, k.replaced, k.replaced_until, k.rotated,
                k.revoked
            FROM keys k JOIN tenants t ON t.id = k.tenant LEFT JOIN projects p ON p.id = k.project
            WHERE k.public = ?1
            """)
        defer { select.reset() }
        try select.bind(id, at: 1)
        return try select.step() ? try record(select) : nil
    }

    /// A page of a tenant's keys by id.
    static func page(
        after id: String?, limit: Int, tenant: Int64, on connection: SQLiteConnection
    ) throws(SQLiteError) -> [KeyRecord] {
        let select = try connection.statement(
            """
            SELECT k.public, k.digest, t.name, p.name, k.scopes, k.created, k.replaced, k.replaced_until, k.rotated,
                k.revoked
            FROM keys k JOIN tenants t ON t.id = k.tenant LEFT JOIN projects p ON p.id = k.project
            WHERE k.tenant = ?1 AND k.public > ?2 ORDER BY k.public LIMIT ?3
            """)
        defer { select.reset() }
        try select.bind(tenant, at: 1)
        try select.bind(id ?? "", at: 2)
        try select.bind(Int64(limit), at: 3)
        var records: [KeyRecord] = []
        while try select.step() { records.append(try record(select)) }
        return records
    }

    private static func record(_ row: SQLiteStatement) throws(SQLiteError) -> KeyRecord {
        // A scope that this release does not know allows nothing in it.
        let scopes = row.text(4).split(separator: " ").compactMap { KeyScope(rawValue: String($0)) }
        let tenant: TenantName
        let project: ProjectName?
        do {
            tenant = try TenantName(row.text(2))
            project = row.isNull(3) ? nil : try ProjectName(row.text(3))
        } catch {
            throw .damaged("a name is malformed")
        }
        let replaced =
            row.isNull(6) ? nil : ReplacedSecret(digest: try row.digest(6), validUntil: row.timestamp(7))
        return KeyRecord(
            id: row.text(0), secretDigest: try row.digest(1), tenant: tenant, project: project, scopes: Set(scopes),
            createdAt: row.timestamp(5), replaced: replaced,
            rotatedAt: row.isNull(8) ? nil : row.timestamp(8), revokedAt: row.isNull(9) ? nil : row.timestamp(9))
    }
}
