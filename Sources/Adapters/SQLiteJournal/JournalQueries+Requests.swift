import HoldpointCore
import HoldpointPorts
import SQLiteClient

extension JournalQueries {
    /// One request.
    func request(_ id: RequestID, in scope: Scope) throws(SQLiteError) -> RequestRecord? {
        guard let project = try project(scope) else { return nil }
        let select = try connection.statement(
            """
            SELECT r.made, r.high, r.low, r.type, r.status, s.key, s.name, o.data,
              c.seq, c.time, c.type, c.feed, c.chain, c.data
            FROM requests r JOIN sessions s ON s.id = r.session AND s.project = r.project
              JOIN events o ON o.session = r.session AND o.seq = r.opened
              LEFT JOIN events c ON c.session = r.session AND c.seq = r.closed
            WHERE r.made = ?1 AND r.high = ?2 AND r.low = ?3 AND r.project = ?4
            """)
        defer { select.reset() }
        try select.bind(id, at: 1)
        try select.bind(project, at: 4)
        return try select.step() ? try record(select, scope: scope) : nil
    }

    /// A page of a project's requests, newest first.
    func requests(_ query: RequestQuery, in scope: Scope) throws(SQLiteError) -> [RequestRecord] {
        guard let project = try project(scope) else { return [] }
        var before = Int64.max
        if let last = query.before {
            guard let row = try place(of: last, project: project) else { return [] }
            before = row
        }
        let select = try statement(for: query)
        defer { select.reset() }
        try select.bind(project, at: 1)
        try select.bind(before, at: 2)
        try select.bind((query.status?.rowCode).map(Int64.init), at: 3)
        try select.bind((query.type?.rowCode).map(Int64.init), at: 4)
        if let session = query.session {
            try select.bind(session.value, at: 5)
        } else {
            try select.bindNull(at: 5)
        }
        try select.bind(Int64(query.limit), at: 6)
        var records: [RequestRecord] = []
        while try select.step() { records.append(try record(select, scope: scope)) }
        return records
    }

    /// The statement whose index suits: a session's requests, the pending ones, or all.
    private func statement(for query: RequestQuery) throws(SQLiteError) -> SQLiteStatement {
        if query.session != nil {
            return try connection.statement(
                """
                SELECT r.made, r.high, r.low, r.type, r.status, s.key, s.name, o.data,
                  c.seq, c.time, c.type, c.feed, c.chain, c.data
                FROM sessions s JOIN requests r ON r.session = s.id AND r.project = s.project
                  JOIN events o ON o.session = r.session AND o.seq = r.opened
                  LEFT JOIN events c ON c.session = r.session AND c.seq = r.closed
                WHERE s.project = ?1 AND s.key = ?5 AND r.id < ?2
                  AND (?3 IS NULL OR r.status = ?3) AND (?4 IS NULL OR r.type = ?4)
                ORDER BY r.id DESC LIMIT ?6
                """)
        }
        if query.status == .pending {
            return try connection.statement(
                """
                SELECT r.made, r.high, r.low, r.type, r.status, s.key, s.name, o.data,
                  c.seq, c.time, c.type, c.feed, c.chain, c.data
                FROM requests r INDEXED BY requests_pending JOIN sessions s ON s.id = r.session AND s.project = ?1
                  JOIN events o ON o.session = r.session AND o.seq = r.opened
                  LEFT JOIN events c ON c.session = r.session AND c.seq = r.closed
                WHERE r.project = ?1 AND r.status = 0 AND r.id < ?2 AND r.status = ?3
                  AND (?4 IS NULL OR r.type = ?4) AND ?5 IS NULL
                ORDER BY r.id DESC LIMIT ?6
                """)
        }
        return try connection.statement(
            """
            SELECT r.made, r.high, r.low, r.type, r.status, s.key, s.name, o.data,
              c.seq, c.time, c.type, c.feed, c.chain, c.data
            FROM blocks b CROSS JOIN requests r ON r.id BETWEEN b.block * 64 AND b.block * 64 + 63
              CROSS JOIN sessions s ON s.id = r.session AND s.project = ?1
              CROSS JOIN events o ON o.session = r.session AND o.seq = r.opened
              LEFT JOIN events c ON c.session = r.session AND c.seq = r.closed
            WHERE b.kind = 1 AND b.project = ?1 AND b.block <= ?2 / 64 AND r.project = ?1 AND r.id < ?2
              AND (?3 IS NULL OR r.status = ?3) AND (?4 IS NULL OR r.type = ?4) AND ?5 IS NULL
            ORDER BY b.block DESC, r.id DESC LIMIT ?6
            """)
    }

    /// Before which row a list goes on after a request; nil if nothing follows it, since it is not of this project.
    ///
    /// One that was retired is followed by those that were made before it.
    private func place(of id: RequestID, project: Int64) throws(SQLiteError) -> Int64? {
        let select = try connection.statement(
            """
            SELECT id, made, high, low, project FROM requests WHERE (made, high, low) <= (?1, ?2, ?3)
            ORDER BY made DESC, high DESC, low DESC LIMIT 1
            """)
        defer { select.reset() }
        try select.bind(id, at: 1)
        guard try select.step() else { return nil }
        guard select.requestID(1) == id else { return select.integer(0) + 1 }
        return select.integer(4) == project ? select.integer(0) : nil
    }

    private func record(_ row: SQLiteStatement, scope: Scope) throws(SQLiteError) -> RequestRecord {
        guard let type = RequestType(rowCode: row.integer(3)), let status = RequestStatus(rowCode: row.integer(4))
        else { throw .damaged("a request has an unknown type or status") }
        let session = SessionIdentity(
            scope: scope, key: SessionKey(try row.identifier(5)), id: try row.sessionID(6))
        return RequestRecord(
            id: row.requestID(0), session: session, type: type, status: status, opened: row.bytes(7),
            closed: row.isNull(8) ? nil : try row.event(8))
    }

    /// The sealed values of a request's answer, by field.
    func secrets(of request: RequestID, in scope: Scope) throws(SQLiteError) -> [SealedSecret] {
        guard let project = try project(scope) else { return [] }
        let select = try connection.statement(
            "SELECT field, box FROM secrets WHERE request = ?1 AND project = ?2 ORDER BY id")
        defer { select.reset() }
        try select.bind(request.description, at: 1)
        try select.bind(project, at: 2)
        var secrets: [SealedSecret] = []
        while try select.step() {
            let handle = SecretHandle(request: request, field: select.text(0))
            secrets.append(SealedSecret(handle: handle, box: select.bytes(1)))
        }
        return secrets
    }
}
