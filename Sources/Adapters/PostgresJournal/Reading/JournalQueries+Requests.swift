import HoldpointCore
import HoldpointPorts
import PostgresClient

extension JournalQueries {
    /// What is read of a request, the commits that opened and closed it among it; each statement adds its conditions.
    ///
    /// With `offset 0` the session is looked up by its key, and not among all of the project.
    private static let columns = """
        select r.id, r.type, r.status, s.key, s.name, r.opened, o.record, r.closed, c.record
        from requests r
          cross join lateral (
            select key, name from sessions
            where key = r.session and tenant = r.tenant and project = r.project offset 0) s
          cross join lateral (
            select record from log
            where session = r.session and last >= r.opened and tenant = r.tenant and project = r.project
            order by last limit 1) o
          left join lateral (
            select record from log
            where session = r.session and last >= r.closed and tenant = r.tenant and project = r.project
            order by last limit 1) c on true
        where r.tenant = $1 and r.project = $2
        """
    private static let one = PostgresStatement("\(columns) and r.id = $3")

    /// One request with the data of its events.
    func request(_ id: RequestID, in scope: Scope) async throws(PostgresError) -> RequestRecord? {
        guard let project = try await projects.numbers(of: scope),
            let row = try await rows(in: project, Self.one, [.bytes(id.storedBytes)]).first
        else { return nil }
        return try record(row, scope)
    }

    /// The conditions that all lists share.
    ///
    /// A request that the project does not have, since it was retired, is followed by those made before it.
    private static let place = """
        r.n < case when $3::bytea is null then 9223372036854775807 else (
            select case when b.id = $3 then b.n else b.n + 1 end from requests b
            where b.tenant = $1 and b.project = $2 and b.id <= $3 order by b.id desc limit 1) end
          and ($4::int2 is null or r.type = $4)
        """
    private static let all = PostgresStatement(
        "\(columns) and \(place) and ($6::int2 is null or r.status = $6) order by r.n desc limit $5")
    // The index over what is pending serves only a condition without a parameter.
    private static let pending = PostgresStatement(
        "\(columns) and \(place) and r.status = 0 order by r.n desc limit $5")
    private static let ofSession = PostgresStatement(
        """
        \(columns) and r.session = $7 and \(place) and ($6::int2 is null or r.status = $6)
        order by r.n desc limit $5
        """)

    /// A page of a project's requests, newest first.
    func requests(_ query: RequestQuery, in scope: Scope) async throws(PostgresError) -> [RequestRecord] {
        guard let project = try await projects.numbers(of: scope) else { return [] }
        var parameters: [PostgresValue] = [
            .optional(query.before?.storedBytes), query.type.map { .int2($0.rowCode) } ?? .null(.int2),
            .int8(Int64(query.limit)),
        ]
        let statement: PostgresStatement
        if query.session == nil && query.status == .pending {
            statement = Self.pending
        } else {
            parameters.append(query.status.map { .int2($0.rowCode) } ?? .null(.int2))
            statement = query.session == nil ? Self.all : Self.ofSession
            if let session = query.session { parameters.append(.identifier(session.value)) }
        }
        return try await read(segment(in: project, statement, parameters), on: scoped) { row throws(PostgresError) in
            try record(row, scope)
        }
    }

    private func record(_ row: PostgresRow, _ scope: Scope) throws(PostgresError) -> RequestRecord {
        let session = SessionIdentity(scope: scope, key: try row.sessionKey(3), id: try row.sessionID(4))
        return RequestRecord(
            id: try row.requestID(0), session: session, type: try row.code(1), status: try row.code(2),
            opened: try row.event(6, at: row.integer(5)).data,
            closed: row.isNull(7) ? nil : try row.event(8, at: row.integer(7)))
    }

    private static let sealed = PostgresStatement(
        "select field, box from secrets where tenant = $1 and project = $2 and request = $3 order by field")

    /// The sealed values of a request's answer, by field.
    func secrets(of request: RequestID, in scope: Scope) async throws(PostgresError) -> [SealedSecret] {
        guard let project = try await projects.numbers(of: scope) else { return [] }
        let segment = segment(in: project, Self.sealed, [.bytes(request.storedBytes)])
        return try await read(segment, on: scoped) { row throws(PostgresError) in
            SealedSecret(handle: SecretHandle(request: request, field: try row.text(0)), box: try row.bytes(1))
        }
    }
}
