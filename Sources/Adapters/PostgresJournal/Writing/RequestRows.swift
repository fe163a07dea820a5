import HoldpointCore
import HoldpointPorts
import PostgresClient

/// Requests that open, or open and close.
struct OpenedRequests: WriteRows {
    private var ids: [[UInt8]?] = []
    private var sessions: [Identifier128?] = []
    private var types: [Int16?] = []
    private var statuses: [Int16?] = []
    private var opened: [Int64?] = []
    private var closed: [Int64?] = []

    static let statement = PostgresStatement(
        """
        with made as (
            insert into requests(id, tenant, project, session, type, status, opened, closed)
            select u.id, s.tenant, s.project, s.key, u.type, u.status, u.opened, u.closed
            from unnest($1::bytea[], $2::uuid[], $3::int2[], $4::int2[], $5::int8[], $6::int8[])
                with ordinality as u(id, session, type, status, opened, closed, place)
            join sessions s on s.key = u.session
            order by u.place
            returning 1)
        select 1 / (count(*) = cardinality($1))::int4 from made
        """)

    var isEmpty: Bool { ids.isEmpty }

    var parameters: [PostgresValue] {
        [
            .bytesArray(ids), .identifiers(sessions), .int2Array(types), .int2Array(statuses), .int8Array(opened),
            .int8Array(closed),
        ]
    }

    mutating func append(_ change: RequestChange, openedAt: Int64, of session: SessionKey) {
        ids.append(change.id.storedBytes)
        sessions.append(session.value)
        types.append(change.type.rowCode)
        statuses.append(change.status.rowCode)
        opened.append(openedAt)
        closed.append(change.closedAt)
    }
}

/// Requests that were opened before and close.
struct ClosedRequests: WriteRows {
    private var ids: [[UInt8]?] = []
    private var sessions: [Identifier128?] = []
    private var statuses: [Int16?] = []
    private var closed: [Int64?] = []

    static let statement = PostgresStatement(
        """
        with changed as (
            update requests r set status = u.status, closed = u.closed
            from unnest($1::bytea[], $2::uuid[], $3::int2[], $4::int8[]) as u(id, session, status, closed)
            where r.id = u.id and r.session = u.session
            returning 1)
        select 1 / (count(*) = cardinality($1))::int4 from changed
        """)

    var isEmpty: Bool { ids.isEmpty }

    var parameters: [PostgresValue] {
        [.bytesArray(ids), .identifiers(sessions), .int2Array(statuses), .int8Array(closed)]
    }

    mutating func append(_ change: RequestChange, of session: SessionKey) {
        ids.append(change.id.storedBytes)
        sessions.append(session.value)
        statuses.append(change.status.rowCode)
        closed.append(change.closedAt)
    }
}

/// Sealed values of answers.
struct SecretRows: WriteRows {
    private var requests: [[UInt8]?] = []
    private var fields: [String?] = []
    private var sessions: [Identifier128?] = []
    private var boxes: [[UInt8]?] = []

    static let statement = PostgresStatement(
        """
        with made as (
            insert into secrets(request, field, tenant, project, session, box)
            select u.request, u.field, s.tenant, s.project, s.key, u.box
            from unnest($1::bytea[], $2::text[], $3::uuid[], $4::bytea[]) as u(request, field, session, box)
            join sessions s on s.key = u.session
            returning 1)
        select 1 / (count(*) = cardinality($1))::int4 from made
        """)

    var isEmpty: Bool { requests.isEmpty }

    var parameters: [PostgresValue] {
        [.bytesArray(requests), .textArray(fields), .identifiers(sessions), .bytesArray(boxes)]
    }

    mutating func append(_ secret: SealedSecret, of session: SessionKey) {
        requests.append(secret.handle.request.storedBytes)
        fields.append(secret.handle.field)
        sessions.append(session.value)
        boxes.append(secret.box)
    }
}

/// Sessions whose sealed values are destroyed.
struct DestroyedSecrets: WriteRows {
    private var sessions: [Identifier128?] = []

    static let statement = PostgresStatement("delete from secrets where session = any($1::uuid[])")

    var isEmpty: Bool { sessions.isEmpty }
    var parameters: [PostgresValue] { [.identifiers(sessions)] }

    mutating func append(_ session: SessionKey) { sessions.append(session.value) }
}
