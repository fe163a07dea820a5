import HoldpointCore
import HoldpointPorts
import HoldpointTesting
import PostgresClient
import PostgresJournal
import Testing

/// A store whose shards are a node's, with two tenants, and sessions to write.
struct WritingScene {
    let base: PostgresScene
    let journal: PostgresJournal
    let scope: Scope
    /// A project of another tenant.
    let foreign: Scope
    let fences: [Fence]

    static func run(
        _ change: (inout PostgresJournalConfiguration) -> Void = { _ in },
        _ body: (WritingScene) async throws -> Void
    ) async throws {
        try await PostgresScene.run { base in
            try await body(try await WritingScene(base, try await base.journal(change)))
        }
    }

    private init(_ base: PostgresScene, _ journal: PostgresJournal) async throws {
        self.base = base
        self.journal = journal
        try await base.execute(
            "insert into tenants(name) values('acme'), ('other')",
            "insert into projects(tenant, name) values(1, 'billing'), (2, 'billing')")
        let project = try ProjectName("billing")
        scope = Scope(tenant: try TenantName("acme"), project: project)
        foreign = Scope(tenant: try TenantName("other"), project: project)
        fences = try await journal.takeUp(node: try NodeName("node-1")).fences
    }

    static func time(_ offset: Int64) -> Timestamp { Timestamp(milliseconds: 1_763_683_200_000 + offset) }

    /// A session of that number; its shard belongs to slot 0 unless another one is given.
    func identity(_ number: Int, shard: UInt8 = 8, in scope: Scope? = nil) throws -> SessionIdentity {
        let random = Identifier128(high: 0, low: UInt64(number) << 8 | UInt64(shard))
        return SessionIdentity(
            scope: scope ?? self.scope, key: SessionKey(time: Self.time(Int64(number)), random: random),
            id: try SessionID("session-\(number)"))
    }

    static func event(_ sequence: Int64, type: String = "step_completed", bytes: Int = 10) -> RecordedEvent {
        let data = Array("\"\(String(repeating: "x", count: bytes))\"".utf8)
        return RecordedEvent(
            sequence: sequence, time: time(sequence), type: EventType(type), data: data,
            chain: SimulatedHasher().sha256(data), isOnFeed: true)
    }

    static func summary() -> SessionSummary {
        SessionSummary(status: .running, wakeAt: nil, agent: nil, createdAt: time(0), updatedAt: time(1))
    }

    static func idempotency(_ key: String, _ identity: SessionIdentity) -> IdempotencyRecord {
        IdempotencyRecord(
            key: key, fingerprint: "f00d", reply: .session(isNew: true), session: identity, createdAt: time(3))
    }

    func commit(
        _ identity: SessionIdentity, head: Int64 = 0, events: [RecordedEvent]? = nil, fence: Fence? = nil,
        secrets: [SealedSecret] = [], idempotency: IdempotencyRecord? = nil, policy: Int64? = nil,
        counters: [CounterChange] = []
    ) -> SessionCommit {
        SessionCommit(
            identity: identity, fence: fence ?? fences[Int(identity.key.shard.number)], expectedHead: head,
            events: events ?? [Self.event(head + 1)], summary: Self.summary(), secrets: secrets,
            idempotency: idempotency, policy: policy, counters: counters)
    }

    /// What a session's call adds to a counter.
    static func entry(of identity: SessionIdentity, call: Int64 = 1, amount: Int64 = 1) -> CounterEntry {
        CounterEntry(
            id: CounterEntryID(session: identity.key, number: call), time: time(call), amount: amount, until: nil)
    }

    /// A sealed value of a field.
    static func secret(field: String) -> SealedSecret {
        let request = RequestID(time: Timestamp(milliseconds: 1_000), random: Identifier128(high: 1, low: 2))
        return SealedSecret(handle: SecretHandle(request: request, field: field), box: [1])
    }

    /// Makes commits at once and says what became of each, by their place.
    func outcomes(of commits: [SessionCommit]) async -> [JournalError?] {
        await withTaskGroup(of: (Int, JournalError?).self) { group in
            for (index, commit) in commits.enumerated() {
                group.addTask { (index, await outcome(of: commit)) }
            }
            var found = [JournalError?](repeating: nil, count: commits.count)
            for await (index, error) in group { found[index] = error }
            return found
        }
    }

    func outcome(of commit: SessionCommit) async -> JournalError? {
        do throws(JournalError) {
            _ = try await journal.commit(commit)
            return nil
        } catch {
            return error
        }
    }

    /// The heads of sessions that are there, straight from the table.
    func heads() async throws -> [String: Int64] {
        let rows = try await base.pool.run(PostgresStatement("select name, head from sessions")).rows
        return Dictionary(uniqueKeysWithValues: try rows.map { (try $0.text(0), try $0.integer(1)) })
    }

    /// Whether the logs are dense and end at the heads.
    func areLogsWhole() async throws -> Bool {
        try await base.number(
            """
            select count(*) from sessions s where s.head <> (select count(*) from events e where e.session = s.key)
                or s.head <> (select max(seq) from events e where e.session = s.key)
                or s.head <> (select max(last) from log l where l.session = s.key)
            """) == 0
    }

    /// Runs `body` while nothing can be written to the log: who tries is parked.
    func whileEventsAreLocked(_ body: () async throws -> Void) async throws {
        var result: Result<Void, any Error> = .success(())
        try await base.pool.transaction { transaction throws(PostgresError) in
            _ = try await transaction.run(PostgresStatement("lock table log in share mode"))
            do { try await body() } catch { result = .failure(error) }
        }
        try result.get()
    }

    /// Waits until so many connections of the store wait for a lock.
    func waitUntilParked(_ count: Int64 = 1) async throws {
        try await base.wait(
            until: """
                select count(*) from pg_stat_activity
                where datname = current_database() and wait_event_type = 'Lock' and application_name like 'holdpoint:%'
                """, isAtLeast: count)
    }

    /// Waits until so many writes wait to be sent.
    func waitUntilWaiting(_ count: Int) async {
        while await journal.waitingWrites() < count { await Task.yield() }
    }
}
