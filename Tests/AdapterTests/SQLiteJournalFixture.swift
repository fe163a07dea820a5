import Glibc
import HoldpointCore
import HoldpointPorts
import SQLiteJournal
import Testing

/// A data folder of its own for one test, removed at the end.
struct JournalFolder: ~Copyable {
    let path: String

    init() throws {
        var template = [CChar]("/tmp/holdpoint-journal-XXXXXX".utf8CString)
        let made = mkdtemp(&template)
        path = String(cString: try #require(made)) + "/data"
    }

    deinit {
        for name in ["holdpoint.db", "holdpoint.db-wal", "holdpoint.db-shm", "engine.lock", "acknowledged", "key"] {
            unlink("\(path)/\(name)")
        }
        rmdir(path)
        rmdir(String(path.dropLast("/data".count)))
    }

    var database: String { path + "/holdpoint.db" }

    func open(
        _ role: SQLiteJournalConfiguration.Role = .engine,
        _ change: (inout SQLiteJournalConfiguration) -> Void = { _ in }
    ) throws -> SQLiteJournal {
        var configuration = SQLiteJournalConfiguration(folder: path, role: role)
        change(&configuration)
        return try SQLiteJournal(configuration, clock: StoppedClock())
    }
}

/// A clock that stands still.
struct StoppedClock: Clock {
    static let time = Timestamp(milliseconds: 1_800_000_000_000)

    func now() -> Timestamp { Self.time }

    func sleep(until time: Timestamp) async {}
}

/// Makes commits by hand, as an engine would.
struct JournalWriter {
    let journal: SQLiteJournal
    let scope: Scope
    let fences: [Fence]

    /// Makes the project and takes up the shards.
    init(_ journal: SQLiteJournal, tenant: String = "acme", project: String = "billing") async throws {
        self.journal = journal
        scope = Scope(tenant: try TenantName(tenant), project: try ProjectName(project))
        _ = try await journal.createTenant(scope.tenant)
        _ = try await journal.createProject(scope)
        fences = try await journal.takeUp(node: NodeName("test")).fences
    }

    /// A session whose key sorts by its number.
    func session(_ number: UInt64) throws -> SessionIdentity {
        try Self.session(number, in: scope)
    }

    static func session(_ number: UInt64, in scope: Scope) throws -> SessionIdentity {
        let value = Identifier128(high: 0x0190_0000_0000_7000 &+ number << 16, low: 0x8000_0000_0000_0000 | number)
        return SessionIdentity(scope: scope, key: SessionKey(value), id: try SessionID("session-\(number)"))
    }

    static func request(_ number: UInt64) -> RequestID {
        RequestID(time: Timestamp(milliseconds: 7), random: Identifier128(high: 7, low: number))
    }

    static func event(_ sequence: Int64, data: String = "{}", isOnFeed: Bool = true) -> RecordedEvent {
        let mark = Identifier128(high: 1, low: UInt64(sequence))
        return RecordedEvent(
            sequence: sequence, time: StoppedClock.time.adding(milliseconds: sequence),
            type: EventType("step_completed"), data: Array(data.utf8), chain: Digest(first: mark, second: mark),
            isOnFeed: isOnFeed)
    }

    static func snapshot(_ sequence: Int64) -> Snapshot {
        Snapshot(codec: 1, sequence: sequence, chain: .zero, digest: .zero, state: Array("state \(sequence)".utf8))
    }

    func fence(of session: SessionIdentity) -> Fence { fences[Int(session.key.shard.number)] }

    /// A commit of so many events after `head`.
    func make(
        _ session: SessionIdentity, after head: Int64, events: Int64 = 1, data: String = "{}",
        status: SessionStatus = .running, wakeAt: Timestamp? = nil, fence: Fence? = nil,
        requests: [RequestChange] = [], snapshot: Snapshot? = nil, secrets: [SealedSecret] = [],
        destroysSecrets: Bool = false, decided: DecidedCommand? = nil, idempotency: IdempotencyRecord? = nil
    ) throws -> SessionCommit {
        let summary = SessionSummary(
            status: status, wakeAt: wakeAt, agent: try AgentName("bot"), createdAt: StoppedClock.time,
            updatedAt: StoppedClock.time.adding(milliseconds: head))
        return SessionCommit(
            identity: session, fence: fence ?? self.fence(of: session), expectedHead: head,
            events: (0..<events).map { Self.event(head + $0 + 1, data: data) }, summary: summary, requests: requests,
            snapshot: snapshot, secrets: secrets, destroysSecrets: destroysSecrets, decided: decided,
            idempotency: idempotency)
    }

    func record(_ key: String, _ session: SessionIdentity) -> IdempotencyRecord {
        IdempotencyRecord(
            key: key, fingerprint: "f00d", reply: .request(Self.request(9), isNew: true), session: session,
            createdAt: StoppedClock.time)
    }

    static func command(_ number: UInt64, for session: SessionIdentity) -> StoredCommand {
        StoredCommand(
            id: StoredCommandID(Identifier128(high: 3, low: number)), session: session, kind: "message",
            sealed: [1, 2, 3], principal: .key("k1"), receivedAt: StoppedClock.time)
    }
}

/// The error that a store throws, or nil.
func journalFailure(_ body: () async throws -> Void) async -> JournalError? {
    do {
        try await body()
        return nil
    } catch {
        return error as? JournalError
    }
}

/// All bytes of a file.
func readFile(_ path: String) throws -> [UInt8] {
    let file = open(path, O_RDONLY)
    defer { close(file) }
    var status = stat()
    try #require(fstat(file, &status) == 0)
    var content = [UInt8](repeating: 0, count: Int(status.st_size))
    try #require(read(file, &content, content.count) == content.count)
    return content
}

/// Puts bytes in the place of a file's content.
func writeFile(_ path: String, _ content: [UInt8]) throws {
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    defer { close(file) }
    try #require(write(file, content, content.count) == content.count)
}
