import HoldpointCore
import HoldpointPorts
import PostgresClient

/// The row of an API key.
enum KeyRow {
    private static let columns = """
        k.public, k.digest, t.name, p.name, k.scopes, k.created, k.replaced, k.replaced_until, k.rotated, k.revoked
        """
    private static let tables = "keys k join tenants t on t.id = k.tenant left join projects p on p.id = k.project"

    private static let one = PostgresStatement("select \(columns) from \(tables) where k.public = $1")
    private static let after = PostgresStatement(
        """
        select \(columns) from \(tables) where k.tenant = $1 and k.public > $2 order by k.public limit $3
        """)
    private static let add = PostgresStatement(
        """
        insert into keys(public, digest, tenant, project, scopes, created)
        select $1, $2, t.id, p.id, $5, $6 from tenants t left join projects p on p.tenant = t.id and p.name = $4
        where t.name = $3 and ($4::text is null or p.id is not null) on conflict do nothing
        """)
    private static let change = PostgresStatement(
        """
        update keys set digest = $3, replaced = $4, replaced_until = $5, rotated = $6, revoked = $7
        where public = $1 and tenant = (select id from tenants where name = $2) and digest = $8
          and rotated is not distinct from $9 and revoked is not distinct from $10
        """)

    /// Adds a key; false if its tenant or project is not there, or its id is taken.
    static func insert(_ key: KeyRecord, on pool: PostgresPool) async throws(PostgresError) -> Bool {
        var segment = PostgresSegment(TenantRow.enter, [.text(key.tenant.text)])
        segment.add(
            add,
            [
                .text(key.id), .digest(key.secretDigest), .text(key.tenant.text), .optional(key.project?.text),
                .text(key.scopes.map(\.rawValue).sorted().joined(separator: " ")), .time(key.createdAt),
            ])
        return try await pool.run(segment).last?.affectedRows == 1
    }

    /// Writes what can change of a key; false if it is not any more as it was before.
    static func update(
        _ old: KeyRecord, to new: KeyRecord, on pool: PostgresPool
    ) async throws(PostgresError) -> Bool {
        var segment = PostgresSegment(TenantRow.enter, [.text(old.tenant.text)])
        segment.add(
            change,
            [
                .text(old.id), .text(old.tenant.text), .digest(new.secretDigest),
                .optional(new.replaced?.digest.bytes), .time(new.replaced?.validUntil), .time(new.rotatedAt),
                .time(new.revokedAt), .digest(old.secretDigest), .time(old.rotatedAt), .time(old.revokedAt),
            ])
        return try await pool.run(segment).last?.affectedRows == 1
    }

    /// The key of that public id: the one query without a scope, since it is what gives callers theirs.
    static func select(_ id: String, on pool: PostgresPool) async throws(PostgresError) -> KeyRecord? {
        // No text of Postgres holds U+0000, and no key's id.
        guard !id.utf8.contains(0) else { return nil }
        return try await pool.run(one, [.text(id)]).rows.first.map { (row) throws(PostgresError) in try record(row) }
    }

    /// A page of a tenant's keys by id.
    static func page(
        after id: String?, limit: Int, tenant: Int64, on pool: PostgresPool
    ) async throws(PostgresError) -> [KeyRecord] {
        // What comes after an id with U+0000 in it is what comes after all before that.
        var place = id ?? ""
        if let end = place.unicodeScalars.firstIndex(where: { $0.value == 0 }) { place = String(place[..<end]) }
        return try await pool.run(after, [.int8(tenant), .text(place), .int8(Int64(limit))]).rows
            .map { (row) throws(PostgresError) in try record(row) }
    }

    private static func record(_ row: PostgresRow) throws(PostgresError) -> KeyRecord {
        // A scope that this release does not know allows nothing in it.
        let scopes = try row.text(4).split(separator: " ").compactMap { KeyScope(rawValue: String($0)) }
        let replaced =
            row.isNull(6) ? nil : ReplacedSecret(digest: try row.digest(6), validUntil: try row.time(7))
        return KeyRecord(
            id: try row.text(0), secretDigest: try row.digest(1), tenant: try row.tenantName(2),
            project: row.isNull(3) ? nil : try row.projectName(3), scopes: Set(scopes), createdAt: try row.time(5),
            replaced: replaced, rotatedAt: try row.optionalTime(8), revokedAt: try row.optionalTime(9))
    }
}
