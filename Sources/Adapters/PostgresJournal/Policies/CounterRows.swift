import HoldpointCore
import HoldpointPorts
import PostgresClient

/// Versions of policies by which calls were judged.
struct JudgedPolicies: WriteRows {
    private var judged: Set<Judged> = []

    private struct Judged: Hashable {
        let project: Int64
        let version: Int64
    }

    /// Divides by zero unless each is in force.
    static let statement = PostgresStatement(
        """
        select 1 / (count(*) = cardinality($1))::int4 from unnest($1::int8[], $2::int8[]) as u(project, version)
        join projects p on p.id = u.project and p.policy = u.version
        """)

    var isEmpty: Bool { judged.isEmpty }

    var parameters: [PostgresValue] { [.int8Array(judged.map(\.project)), .int8Array(judged.map(\.version))] }

    mutating func append(_ version: Int64, of project: ProjectNumbers) {
        judged.insert(Judged(project: project.project, version: version))
    }
}

/// Everything that a batch changes in counters; each of them is one commit's alone.
struct CounterBatch {
    private var raised = RaisedCounters()
    private var released = ReleasedEntries()
    private var expired = ExpiredEntries()
    private var added = AddedEntries()

    mutating func append(_ changes: [CounterChange], of project: ProjectNumbers) {
        for effect in CounterEffect.effects(of: changes) {
            let key = Array(effect.key.text.utf8)
            if effect.raises > 0 { raised.append(effect, key, of: project) }
            for entry in effect.released { released.append(entry, key, of: project) }
            if let time = effect.time { expired.append(time, key, of: project) }
            for entry in effect.added { added.append(entry, key, of: project) }
        }
    }

    /// Appends the statements: the first one locks the counters, in an order that is the same for every batch, so that
    /// of two batches about the same counters one waits for the other.
    func add(to segment: inout PostgresSegment) {
        segment.add(raised)
        segment.add(released)
        segment.add(expired)
        segment.add(added)
    }
}

/// Counters whose revisions rise.
private struct RaisedCounters: WriteRows {
    private var projects: [Int64?] = []
    private var keys: [[UInt8]?] = []
    private var raises: [Int64?] = []
    private var expected: [Int64?] = []

    /// Divides by zero unless each had the revision that is expected, if one is.
    static let statement = PostgresStatement(
        """
        with made as (
            insert into counters as c (tenant, project, key, revision)
            select p.tenant, p.id, u.key, u.raises from unnest($1::int8[], $2::bytea[], $3::int8[])
                as u(project, key, raises)
            join projects p on p.id = u.project
            order by u.project, u.key
            on conflict (project, key) do update set revision = c.revision + excluded.revision
            returning c.project, c.key, c.revision)
        select 1 / (count(*) = cardinality($1))::int4
        from unnest($1::int8[], $2::bytea[], $3::int8[], $4::int8[]) as u(project, key, raises, expected)
        join made m on m.project = u.project and m.key = u.key
            and (u.expected is null or m.revision = u.expected + u.raises)
        """)

    var isEmpty: Bool { keys.isEmpty }

    var parameters: [PostgresValue] {
        [.int8Array(projects), .bytesArray(keys), .int8Array(raises), .int8Array(expected)]
    }

    mutating func append(_ effect: CounterEffect, _ key: [UInt8], of project: ProjectNumbers) {
        projects.append(project.project)
        keys.append(key)
        raises.append(effect.raises)
        expected.append(effect.expected)
    }
}

/// Entries that do not count any more.
private struct ReleasedEntries: WriteRows {
    private var projects: [Int64?] = []
    private var keys: [[UInt8]?] = []
    private var sessions: [Identifier128?] = []
    private var numbers: [Int64?] = []

    static let statement = PostgresStatement(
        """
        delete from counter_entries e
        using unnest($1::int8[], $2::bytea[], $3::uuid[], $4::int8[]) as u(project, key, session, number)
        join counters c on c.project = u.project and c.key = u.key
        where e.counter = c.id and e.session = u.session and e.number = u.number
        """)

    var isEmpty: Bool { keys.isEmpty }

    var parameters: [PostgresValue] {
        [.int8Array(projects), .bytesArray(keys), .identifiers(sessions), .int8Array(numbers)]
    }

    mutating func append(_ entry: CounterEntryID, _ key: [UInt8], of project: ProjectNumbers) {
        projects.append(project.project)
        keys.append(key)
        sessions.append(entry.session.value)
        numbers.append(entry.number)
    }
}

/// Entries of counters to which something is added, and that nothing asks for any more.
private struct ExpiredEntries: WriteRows {
    private var projects: [Int64?] = []
    private var keys: [[UInt8]?] = []
    private var times: [Int64?] = []

    // One that another batch releases at this moment is not waited for.
    static let statement = PostgresStatement(
        """
        with ended as materialized (
            select x.counter, x.session, x.number
            from unnest($1::int8[], $2::bytea[], $3::int8[]) as u(project, key, "time")
            join counters c on c.project = u.project and c.key = u.key
            cross join lateral (
                select y.counter, y.session, y.number from counter_entries y
                where y.counter = c.id and y.until < u."time" order by y.until limit \(CounterLimits.expiredAtOnce)
                for update skip locked) x)
        delete from counter_entries e using ended d
        where e.counter = d.counter and e.session = d.session and e.number = d.number
        """)

    var isEmpty: Bool { keys.isEmpty }

    var parameters: [PostgresValue] { [.int8Array(projects), .bytesArray(keys), .int8Array(times)] }

    mutating func append(_ time: Timestamp, _ key: [UInt8], of project: ProjectNumbers) {
        projects.append(project.project)
        keys.append(key)
        times.append(time.milliseconds)
    }
}

/// Entries that are added; one that is there already stays as it is.
private struct AddedEntries: WriteRows {
    private var projects: [Int64?] = []
    private var keys: [[UInt8]?] = []
    private var sessions: [Identifier128?] = []
    private var numbers: [Int64?] = []
    private var times: [Int64?] = []
    private var amounts: [Int64?] = []
    private var untils: [Int64?] = []

    static let statement = PostgresStatement(
        """
        insert into counter_entries(counter, session, number, tenant, project, "time", amount, until)
        select c.id, u.session, u.number, c.tenant, c.project, u."time", u.amount, u.until
        from unnest($1::int8[], $2::bytea[], $3::uuid[], $4::int8[], $5::int8[], $6::int8[], $7::int8[])
            as u(project, key, session, number, "time", amount, until)
        join counters c on c.project = u.project and c.key = u.key
        on conflict (counter, session, number) do nothing
        """)

    var isEmpty: Bool { keys.isEmpty }

    var parameters: [PostgresValue] {
        [
            .int8Array(projects), .bytesArray(keys), .identifiers(sessions), .int8Array(numbers), .int8Array(times),
            .int8Array(amounts), .int8Array(untils),
        ]
    }

    mutating func append(_ entry: CounterEntry, _ key: [UInt8], of project: ProjectNumbers) {
        projects.append(project.project)
        keys.append(key)
        sessions.append(entry.id.session.value)
        numbers.append(entry.id.number)
        times.append(entry.time.milliseconds)
        amounts.append(entry.amount)
        untils.append(entry.until?.milliseconds)
    }
}
