import HoldpointCore
import HoldpointPorts
import PostgresClient

/// Sessions that start.
struct StartedSessions: WriteRows {
    private var keys: [Identifier128?] = []
    private var projects: [Int64?] = []
    private var names: [String?] = []
    private var agents: [String?] = []
    private var shards: [Int16?] = []
    private var statuses: [Int16?] = []
    private var heads: [Int64?] = []
    private var wakes: [Int64?] = []
    private var created: [Int64?] = []
    private var updated: [Int64?] = []

    static let statement = PostgresStatement(
        """
        with made as (
            insert into sessions(key, tenant, project, name, agent, shard, status, head, wake, created, updated)
            select u.key, p.tenant, p.id, u.name, u.agent, u.shard, u.status, u.head, u.wake, u.created, u.updated
            from unnest($1::uuid[], $2::int8[], $3::text[], $4::text[], $5::int2[], $6::int2[], $7::int8[], $8::int8[],
                $9::int8[], $10::int8[])
                as u(key, project, name, agent, shard, status, head, wake, created, updated)
            join projects p on p.id = u.project
            returning 1)
        select 1 / (count(*) = cardinality($1))::int4 from made
        """)

    /// A deletion that was under way when the row was inserted is done now, and its tombstone can be seen.
    static let tombstoneCheck = PostgresStatement(
        """
        select 1 / (count(*) = 0)::int4 from unnest($1::int8[], $2::text[]) as u(project, name)
        join tombstones t on t.project = u.project and t.name = u.name
        """)

    var isEmpty: Bool { keys.isEmpty }

    var parameters: [PostgresValue] {
        [
            .identifiers(keys), .int8Array(projects), .textArray(names), .textArray(agents), .int2Array(shards),
            .int2Array(statuses), .int8Array(heads), .int8Array(wakes), .int8Array(created), .int8Array(updated),
        ]
    }

    /// The parameters of `tombstoneCheck`.
    var tombstoneParameters: [PostgresValue] { [.int8Array(projects), .textArray(names)] }

    mutating func append(_ write: CommitWrite) {
        let (commit, summary) = (write.commit, write.commit.summary)
        keys.append(commit.identity.key.value)
        projects.append(write.project.project)
        names.append(commit.identity.id.text)
        agents.append(summary.agent?.text)
        shards.append(Int16(commit.fence.shard.number))
        statuses.append(summary.status.rowCode)
        heads.append(write.head)
        wakes.append(summary.wakeAt?.milliseconds)
        created.append(summary.createdAt.milliseconds)
        updated.append(summary.updatedAt.milliseconds)
    }
}

/// Sessions that go on.
struct AdvancedSessions: WriteRows {
    private var keys: [Identifier128?] = []
    private var projects: [Int64?] = []
    private var expected: [Int64?] = []
    private var heads: [Int64?] = []
    private var statuses: [Int16?] = []
    private var wakes: [Int64?] = []
    private var updated: [Int64?] = []

    static let statement = PostgresStatement(
        """
        with changed as (
            update sessions s set head = u.head, status = u.status, wake = u.wake, updated = u.updated
            from unnest($1::uuid[], $2::int8[], $3::int8[], $4::int8[], $5::int2[], $6::int8[], $7::int8[])
                as u(key, project, expected, head, status, wake, updated)
            where s.key = u.key and s.project = u.project and s.head = u.expected and s.quarantine is null
            returning 1)
        select 1 / (count(*) = cardinality($1))::int4 from changed
        """)

    var isEmpty: Bool { keys.isEmpty }

    var parameters: [PostgresValue] {
        [
            .identifiers(keys), .int8Array(projects), .int8Array(expected), .int8Array(heads), .int2Array(statuses),
            .int8Array(wakes), .int8Array(updated),
        ]
    }

    mutating func append(_ write: CommitWrite) {
        let (commit, summary) = (write.commit, write.commit.summary)
        keys.append(commit.identity.key.value)
        projects.append(write.project.project)
        expected.append(commit.expectedHead)
        heads.append(write.head)
        statuses.append(summary.status.rowCode)
        wakes.append(summary.wakeAt?.milliseconds)
        updated.append(summary.updatedAt.milliseconds)
    }
}

/// Sessions that must stand at a head and stay as they are.
struct StandingSessions: WriteRows {
    private var keys: [Identifier128?] = []
    private var projects: [Int64?] = []
    private var heads: [Int64?] = []

    static let statement = PostgresStatement(
        """
        select 1 / (count(*) = cardinality($1))::int4
        from unnest($1::uuid[], $2::int8[], $3::int8[]) as u(key, project, head)
        join sessions s on s.key = u.key and s.project = u.project and s.head = u.head and s.quarantine is null
        """)

    var isEmpty: Bool { keys.isEmpty }
    var parameters: [PostgresValue] { [.identifiers(keys), .int8Array(projects), .int8Array(heads)] }

    mutating func append(_ write: CommitWrite) {
        keys.append(write.commit.identity.key.value)
        projects.append(write.project.project)
        heads.append(write.commit.expectedHead)
    }
}

/// Sessions that must not be there.
struct AbsentSessions: WriteRows {
    private var keys: [Identifier128?] = []
    private var projects: [Int64?] = []

    static let statement = PostgresStatement(
        """
        select 1 / (count(*) = 0)::int4 from unnest($1::uuid[], $2::int8[]) as u(key, project)
        join sessions s on s.key = u.key and s.project = u.project
        """)

    var isEmpty: Bool { keys.isEmpty }
    var parameters: [PostgresValue] { [.identifiers(keys), .int8Array(projects)] }

    mutating func append(_ write: CommitWrite) {
        keys.append(write.commit.identity.key.value)
        projects.append(write.project.project)
    }
}
