import HoldpointCore
import HoldpointPorts
import PostgresClient

/// Deliveries that commits make; none for a webhook that is not there or not enabled.
struct OutboxRows: WriteRows {
    private var sessions: [Identifier128?] = []
    private var sequences: [Int64?] = []
    private var webhooks: [Identifier128?] = []
    private var types: [String?] = []
    private var times: [Int64?] = []

    static let statement = PostgresStatement(
        """
        insert into outbox(
            session, seq, tenant, project, webhook, name, shard, type, created, status, attempts, tries, due)
        select s.key, u.seq, s.tenant, s.project, w.id, s.name, s.shard, u.type, u."time", 0, 0, 0, u."time"
        from unnest($1::uuid[], $2::int8[], $3::uuid[], $4::text[], $5::int8[])
            with ordinality as u(session, seq, webhook, type, "time", place)
        join sessions s on s.key = u.session
        join webhooks w on w.project = s.project and w.id = u.webhook and w.enabled
        order by u.place
        """)

    var isEmpty: Bool { sessions.isEmpty }

    var parameters: [PostgresValue] {
        [
            .identifiers(sessions), .int8Array(sequences), .identifiers(webhooks), .textArray(types),
            .int8Array(times),
        ]
    }

    mutating func append(_ entry: OutboxEntry, of session: SessionKey) {
        sessions.append(session.value)
        sequences.append(entry.sequence)
        webhooks.append(entry.webhook.value)
        types.append(entry.type.text)
        times.append(entry.time.milliseconds)
    }
}

/// How far pending deliveries are after attempts.
struct SettledDeliveries: WriteRows {
    private var sessions: [Identifier128?] = []
    private var sequences: [Int64?] = []
    private var projects: [Int64?] = []
    private var statuses: [Int16?] = []
    private var attempts: [Int64?] = []
    private var tries: [Int64?] = []
    private var due: [Int64?] = []
    private var codes: [Int64?] = []
    private var errors: [String?] = []
    private var attempted: [Int64?] = []

    /// Returns those that were pending.
    static let statement = PostgresStatement(
        """
        update outbox o set status = u.status, attempts = u.attempts, tries = u.tries, due = u.due, code = u.code,
            error = u.error, attempted = u.attempted
        from unnest($1::uuid[], $2::int8[], $3::int8[], $4::int2[], $5::int8[], $6::int8[], $7::int8[], $8::int8[],
            $9::text[], $10::int8[])
            as u(session, seq, project, status, attempts, tries, due, code, error, attempted)
        where o.session = u.session and o.seq = u.seq and o.project = u.project and o.status = 0
        returning o.session, o.seq
        """)

    var isEmpty: Bool { sessions.isEmpty }

    var parameters: [PostgresValue] {
        [
            .identifiers(sessions), .int8Array(sequences), .int8Array(projects), .int2Array(statuses),
            .int8Array(attempts), .int8Array(tries), .int8Array(due), .int8Array(codes), .textArray(errors),
            .int8Array(attempted),
        ]
    }

    mutating func append(_ settlement: DeliverySettlement, of project: ProjectNumbers) {
        let state = settlement.state
        sessions.append(settlement.id.session.value)
        sequences.append(settlement.id.sequence)
        projects.append(project.project)
        statuses.append(state.status.rowCode)
        attempts.append(state.attempts)
        tries.append(state.tries)
        due.append(state.due.milliseconds)
        codes.append(state.lastStatus)
        errors.append(state.lastError)
        attempted.append(state.lastAttemptAt?.milliseconds)
    }
}
