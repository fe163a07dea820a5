import HoldpointCore
import HoldpointPorts

/// A store with two tenants and a node that owns its shards: the ground of every conformance case.
struct JournalScene: Sendable {
    let store: any Journal & Directory
    /// The project that cases work in.
    let scope: Scope
    /// A project of the same tenant, and a project of the same name of another tenant.
    let foreign: [Scope]
    let tenure: Tenure
    private let agent: AgentName

    static let epoch = Timestamp(milliseconds: 1_763_683_200_000)

    init(_ store: any Journal & Directory) async throws {
        self.store = store
        scope = try Self.scope("acme", "billing")
        agent = try AgentName("clerk")
        foreign = [try Self.scope("acme", "shipping"), try Self.scope("other", "billing")]
        for scope in [scope] + foreign {
            _ = try await store.createTenant(scope.tenant)
            _ = try await store.createProject(scope)
        }
        tenure = try await store.takeUp(node: try NodeName("node-1"))
    }

    static func scope(_ tenant: String, _ project: String) throws -> Scope {
        Scope(tenant: try TenantName(tenant), project: try ProjectName(project))
    }

    static func time(_ offset: Int64) -> Timestamp { epoch.adding(milliseconds: offset) }

    /// The identity of the session of that number; later numbers have later keys.
    func identity(_ number: Int, shard: UInt8 = 7, in scope: Scope? = nil) throws -> SessionIdentity {
        let random = Identifier128(high: 0, low: UInt64(number) << 8 | UInt64(shard))
        return SessionIdentity(
            scope: scope ?? self.scope, key: SessionKey(time: Self.time(Int64(number)), random: random),
            id: try SessionID("session-\(number)"))
    }

    func fence(_ identity: SessionIdentity) throws -> Fence {
        try expectPresent(tenure.fences.first { $0.shard == identity.key.shard }, "fence of the shard")
    }

    static func event(
        _ sequence: Int64, type: String = "step_completed", data: [UInt8]? = nil, isOnFeed: Bool = false
    ) -> RecordedEvent {
        let data = data ?? Array("{\"n\":\(sequence)}".utf8)
        return RecordedEvent(
            sequence: sequence, time: time(sequence), type: EventType(type), data: data,
            chain: SimulatedHasher().sha256(data), isOnFeed: isOnFeed)
    }

    func summary(_ status: SessionStatus = .running, wakeAt: Timestamp? = nil) -> SessionSummary {
        SessionSummary(status: status, wakeAt: wakeAt, agent: agent, createdAt: Self.epoch, updatedAt: Self.time(1))
    }

    static func snapshot(_ sequence: Int64, _ text: String) -> Snapshot {
        let state = Array(text.utf8)
        return Snapshot(
            codec: 1, sequence: sequence, chain: SimulatedHasher().sha256([1] + state),
            digest: SimulatedHasher().sha256(state), state: state)
    }

    /// A commit of so many plain events.
    func commit(
        _ identity: SessionIdentity, head: Int64, count: Int = 1, fence: Fence? = nil, onFeed: Bool = false,
        status: SessionStatus = .running, wakeAt: Timestamp? = nil
    ) throws -> SessionCommit {
        try commit(
            identity, head: head, events: (0..<count).map { Self.event(head + 1 + Int64($0), isOnFeed: onFeed) },
            fence: fence, summary: summary(status, wakeAt: wakeAt))
    }

    func commit(
        _ identity: SessionIdentity, head: Int64, events: [RecordedEvent], fence: Fence? = nil,
        summary: SessionSummary? = nil, requests: [RequestChange] = [], snapshot: Snapshot? = nil,
        secrets: [SealedSecret] = [], destroysSecrets: Bool = false, decided: DecidedCommand? = nil,
        idempotency: IdempotencyRecord? = nil, sends: [StoredCommand] = [], policy: Int64? = nil,
        counters: [CounterChange] = []
    ) throws -> SessionCommit {
        SessionCommit(
            identity: identity, fence: try fence ?? self.fence(identity), expectedHead: head, events: events,
            summary: summary ?? self.summary(), requests: requests, snapshot: snapshot, secrets: secrets,
            destroysSecrets: destroysSecrets, decided: decided, idempotency: idempotency, sends: sends,
            policy: policy, counters: counters)
    }

    static func request(_ number: UInt64) -> RequestID {
        RequestID(time: Timestamp(milliseconds: 7), random: Identifier128(high: 1, low: number))
    }

    static func commandID(_ number: Int64) -> StoredCommandID {
        StoredCommandID(Identifier128(time: time(number), random: Identifier128(high: 0, low: UInt64(number))))
    }

    func command(_ number: Int64, for identity: SessionIdentity, kind: String = "answer") -> StoredCommand {
        StoredCommand(
            id: Self.commandID(number), session: identity, kind: kind, sealed: Array("sealed \(number)".utf8),
            principal: .key("k\(number)"), receivedAt: Self.time(number))
    }

    static func idempotency(_ key: String, _ identity: SessionIdentity) -> IdempotencyRecord {
        IdempotencyRecord(
            key: key, fingerprint: "f00d", reply: .session(isNew: true), session: identity, createdAt: time(3))
    }

    /// Makes the commit; throws unless it is refused.
    func refusal(of commit: SessionCommit) async throws -> JournalError {
        do throws(JournalError) {
            _ = try await store.commit(commit)
        } catch {
            return error
        }
        throw ConformanceFailure(description: "a commit was made that must be refused: \(commit)")
    }

    /// Throws unless the body is refused in some way.
    static func expectRefusal(
        _ what: String, _ body: () async throws(JournalError) -> Void
    ) async throws {
        do throws(JournalError) {
            try await body()
        } catch {
            return
        }
        throw ConformanceFailure(description: "\(what) must be refused")
    }

    func log(_ identity: SessionIdentity) async throws -> [RecordedEvent] {
        try await store.events(of: identity.key, in: identity.scope, after: 0, limit: 10_000)
    }

    func head(_ identity: SessionIdentity) async throws -> Int64? {
        let reference = SessionReference(scope: identity.scope, key: identity.key)
        return try await store.heads(of: [reference])[identity.key]
    }
}
