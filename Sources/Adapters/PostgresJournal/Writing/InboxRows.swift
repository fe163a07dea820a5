import HoldpointCore
import HoldpointPorts
import PostgresClient

/// Stored commands; those whose ids are there already stay as they are.
struct CommandRows: WriteRows {
    private var ids: [Identifier128?] = []
    private var projects: [Int64?] = []
    private var sessions: [Identifier128?] = []
    private var names: [String?] = []
    private var shards: [Int16?] = []
    private var kinds: [[UInt8]?] = []
    private var sealed: [[UInt8]?] = []
    private var principals: [[UInt8]?] = []
    private var received: [Int64?] = []
    private var attempts: [Int64?] = []

    /// Returns the ids of those that it has inserted.
    static let statement = PostgresStatement(
        """
        insert into commands(id, tenant, project, session, name, shard, kind, sealed, principal, received, attempts)
        select u.id, p.tenant, p.id, u.session, u.name, u.shard, u.kind, u.sealed, u.principal, u.received, u.attempts
        from unnest($1::uuid[], $2::int8[], $3::uuid[], $4::text[], $5::int2[], $6::bytea[], $7::bytea[], $8::bytea[],
            $9::int8[], $10::int8[])
            as u(id, project, session, name, shard, kind, sealed, principal, received, attempts)
        join projects p on p.id = u.project
        order by u.id
        on conflict (id) do nothing
        returning id
        """)

    /// An id that is there already must be the one of a command for the same session.
    static let ownerCheck = PostgresStatement(
        """
        select 1 / (count(*) = cardinality($1))::int4
        from unnest($1::uuid[], $2::int8[], $3::uuid[]) as u(id, project, session)
        join commands c on c.id = u.id and c.project = u.project and c.session = u.session
        """)

    var isEmpty: Bool { ids.isEmpty }

    var parameters: [PostgresValue] {
        [
            .identifiers(ids), .int8Array(projects), .identifiers(sessions), .textArray(names), .int2Array(shards),
            .bytesArray(kinds), .bytesArray(sealed), .bytesArray(principals), .int8Array(received),
            .int8Array(attempts),
        ]
    }

    /// The parameters of `ownerCheck`.
    var ownerParameters: [PostgresValue] { [.identifiers(ids), .int8Array(projects), .identifiers(sessions)] }

    mutating func append(_ command: StoredCommand, of project: ProjectNumbers) {
        ids.append(command.id.value)
        projects.append(project.project)
        sessions.append(command.session.key.value)
        names.append(command.session.id.text)
        shards.append(Int16(command.session.key.shard.number))
        kinds.append(Array(command.kind.utf8))
        sealed.append(command.sealed)
        principals.append(Array(command.principal.text.utf8))
        received.append(command.receivedAt.milliseconds)
        attempts.append(command.attempts)
    }
}

/// Outcomes of stored commands that have none.
///
/// What is decided is not read again, and it may hold sealed secrets that must not outlive their session (I9); only
/// what was given up stays, for whoever looks into it.
struct OutcomeRows: WriteRows {
    private var ids: [Identifier128?] = []
    private var projects: [Int64?] = []
    private var outcomes: [[UInt8]?] = []
    private var areGivenUp: [Bool?] = []

    private static let update = """
        update commands c set outcome = u.outcome,
            sealed = case when u.is_given_up then c.sealed else ''::bytea end
        from unnest($1::uuid[], $2::int8[], $3::bytea[], $4::bool[]) as u(id, project, outcome, is_given_up)
        where c.id = u.id and c.project = u.project and c.outcome is null
        """

    /// Divides by zero unless each had no outcome.
    static let statement = PostgresStatement(
        """
        with changed as (\(update) returning 1) select 1 / (count(*) = cardinality($1))::int4 from changed
        """)

    /// Returns the ids of those that had no outcome.
    static let statementForSome = PostgresStatement("\(update) returning c.id")

    var isEmpty: Bool { ids.isEmpty }

    var parameters: [PostgresValue] {
        [.identifiers(ids), .int8Array(projects), .bytesArray(outcomes), .booleanArray(areGivenUp)]
    }

    mutating func append(_ decided: DecidedCommand, of project: ProjectNumbers) {
        ids.append(decided.id.value)
        projects.append(project.project)
        outcomes.append(StoredForm.encode(decided.outcome))
        areGivenUp.append(decided.outcome.isGivenUp)
    }
}

/// Attempts at stored commands.
struct AttemptRows: WriteRows {
    private var ids: [Identifier128?] = []
    private var projects: [Int64?] = []

    /// Returns the ids of those that are there, each with its new count.
    static let statement = PostgresStatement(
        """
        update commands c set attempts = c.attempts + 1 from unnest($1::uuid[], $2::int8[]) as u(id, project)
        where c.id = u.id and c.project = u.project
        returning c.id, c.attempts
        """)

    var isEmpty: Bool { ids.isEmpty }
    var parameters: [PostgresValue] { [.identifiers(ids), .int8Array(projects)] }

    mutating func append(_ id: StoredCommandID, of project: ProjectNumbers) {
        ids.append(id.value)
        projects.append(project.project)
    }
}

/// Callers' keys against repetition.
struct IdempotencyRows: WriteRows {
    private var projects: [Int64?] = []
    private var keys: [[UInt8]?] = []
    private var fingerprints: [String?] = []
    private var replies: [[UInt8]?] = []
    private var sessions: [Identifier128?] = []
    private var names: [String?] = []
    private var created: [Int64?] = []

    static let statement = PostgresStatement(
        """
        with made as (
            insert into idempotency(tenant, project, key, fingerprint, reply, session, name, created)
            select p.tenant, p.id, u.key, u.fingerprint, u.reply, u.session, u.name, u.created
            from unnest($1::int8[], $2::bytea[], $3::text[], $4::bytea[], $5::uuid[], $6::text[], $7::int8[])
                as u(project, key, fingerprint, reply, session, name, created)
            join projects p on p.id = u.project
            order by u.project, u.key
            returning 1)
        select 1 / (count(*) = cardinality($1))::int4 from made
        """)

    var isEmpty: Bool { projects.isEmpty }

    var parameters: [PostgresValue] {
        [
            .int8Array(projects), .bytesArray(keys), .textArray(fingerprints), .bytesArray(replies),
            .identifiers(sessions), .textArray(names), .int8Array(created),
        ]
    }

    mutating func append(_ record: IdempotencyRecord, of project: ProjectNumbers) {
        projects.append(project.project)
        keys.append(Array(record.key.utf8))
        fingerprints.append(record.fingerprint)
        replies.append(StoredForm.encode(record.reply))
        sessions.append(record.session.key.value)
        names.append(record.session.id.text)
        created.append(record.createdAt.milliseconds)
    }
}
