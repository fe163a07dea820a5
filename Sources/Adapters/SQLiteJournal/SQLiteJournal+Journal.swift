package import HoldpointCore
package import HoldpointPorts
import SQLiteClient

extension SQLiteJournal: Journal {
    package func takeUp(node: NodeName) async throws(JournalError) -> Tenure {
        let now = clock.now()
        return try await write { database throws(SQLiteError) in try database.takeUp(node: node, at: now) }
    }

    package func layDown() async throws(JournalError) {
        try await write { database throws(SQLiteError) in try database.layDown() }
    }

    package func raiseGeneration(of fence: Fence) async throws(JournalError) -> Fence {
        try await write { database throws(SQLiteError) in try database.raiseGeneration(of: fence) }
    }

    package func commit(_ commit: SessionCommit) async throws(JournalError) -> CommitReceipt {
        try await write(bytes: commit.storedBytes) { database throws(SQLiteError) in try database.commit(commit) }
    }

    package func load(
        _ key: SessionKey, in scope: Scope, usingSnapshot: Bool
    ) async throws(JournalError) -> StoredSession? {
        try await read { queries throws(SQLiteError) in
            try queries.load(key, in: scope, usingSnapshot: usingSnapshot)
        }
    }

    package func find(_ id: SessionID, in scope: Scope) async throws(JournalError) -> SessionIdentity? {
        try await read { queries throws(SQLiteError) in try queries.find(id, in: scope) }
    }

    package func events(
        of key: SessionKey, in scope: Scope, after sequence: Int64, limit: Int
    ) async throws(JournalError) -> [RecordedEvent] {
        try await read { queries throws(SQLiteError) in
            try queries.events(of: key, in: scope, after: sequence, limit: limit)
        }
    }

    package func sessions(_ query: SessionQuery, in scope: Scope) async throws(JournalError) -> [SessionIdentity] {
        try await read { queries throws(SQLiteError) in try queries.sessions(query, in: scope) }
    }

    package func requests(_ query: RequestQuery, in scope: Scope) async throws(JournalError) -> [RequestRecord] {
        try await read { queries throws(SQLiteError) in try queries.requests(query, in: scope) }
    }

    package func request(_ id: RequestID, in scope: Scope) async throws(JournalError) -> RequestRecord? {
        try await read { queries throws(SQLiteError) in try queries.request(id, in: scope) }
    }

    package func secrets(of request: RequestID, in scope: Scope) async throws(JournalError) -> [SealedSecret] {
        try await read { queries throws(SQLiteError) in try queries.secrets(of: request, in: scope) }
    }

    package func idempotencyRecord(
        _ key: String, in scope: Scope
    ) async throws(JournalError) -> IdempotencyRecord? {
        try await read { queries throws(SQLiteError) in try queries.idempotencyRecord(key, in: scope) }
    }

    package func feed(
        in scope: Scope, after position: FeedPosition, limit: Int
    ) async throws(JournalError) -> [FeedItem] {
        try await read { queries throws(SQLiteError) in
            try queries.feed(in: scope, after: position, limit: limit)
        }
    }

    package func feedBounds(in scope: Scope) async throws(JournalError) -> FeedBounds {
        try await read { queries throws(SQLiteError) in try queries.feedBounds(in: scope) }
    }

    package func heads(of sessions: [SessionReference]) async throws(JournalError) -> [SessionKey: Int64] {
        try await read { queries throws(SQLiteError) in try queries.heads(of: sessions) }
    }

    package func store(_ command: StoredCommand) async throws(JournalError) {
        try await write(bytes: command.sealed.count + 256) { database throws(SQLiteError) in
            try database.store(command)
        }
    }

    package func storedCommand(
        _ id: StoredCommandID, in scope: Scope
    ) async throws(JournalError) -> StoredCommandView? {
        try await read { queries throws(SQLiteError) in try queries.storedCommand(id, in: scope) }
    }

    package func undecided(
        of session: SessionKey, in scope: Scope, limit: Int
    ) async throws(JournalError) -> [StoredCommand] {
        try await read { queries throws(SQLiteError) in
            try queries.undecided(of: session, in: scope, limit: limit)
        }
    }

    package func undecided(
        shards: [Shard], after id: StoredCommandID?, limit: Int
    ) async throws(JournalError) -> [StoredCommand] {
        try await read { queries throws(SQLiteError) in
            try queries.undecided(shards: shards, after: id, limit: limit)
        }
    }

    package func decide(_ decided: DecidedCommand, in scope: Scope) async throws(JournalError) -> Bool {
        try await write { database throws(SQLiteError) in try database.decide(decided, in: scope) }
    }

    package func countAttempt(_ id: StoredCommandID, in scope: Scope) async throws(JournalError) -> Int64 {
        try await write { database throws(SQLiteError) in try database.countAttempt(id, in: scope) }
    }

    package func deadlines(
        shards: [Shard], from: Timestamp, until: Timestamp, after last: SessionKey?, limit: Int
    ) async throws(JournalError) -> [SessionDeadline] {
        try await read { queries throws(SQLiteError) in
            try queries.deadlines(shards: shards, from: from, until: until, after: last, limit: limit)
        }
    }

    package func setQuarantine(
        _ reason: String?, of key: SessionKey, in scope: Scope, fence: Fence
    ) async throws(JournalError) {
        try await write { database throws(SQLiteError) in
            try database.setQuarantine(reason, of: key, in: scope, fence: fence)
        }
    }

    package func writeDown(_ group: RecoveryGroup) async throws(JournalError) {
        try await write { database throws(SQLiteError) in try database.writeDown(group) }
    }

    package func strikeOff(_ group: Int64) async throws(JournalError) {
        try await write { database throws(SQLiteError) in try database.strikeOff(group) }
    }

    package func standingGroups(among shards: [Shard]) async throws(JournalError) -> [RecoveryGroup] {
        let wanted = ShardSet(shards)
        let groups = try await read { queries throws(SQLiteError) in try queries.standingGroups() }
        return groups.filter { $0.members.contains { wanted.contains(Int64($0.key.shard.number)) } }
    }

    package func decided(
        among commands: [StoredCommandReference]
    ) async throws(JournalError) -> [StoredCommandID] {
        try await read { queries throws(SQLiteError) in try queries.decided(among: commands) }
    }

    package func nodes() async throws(JournalError) -> [NodeRecord] {
        try await read { queries throws(SQLiteError) in try queries.nodes() }
    }
}

extension SessionCommit {
    /// Roughly what the commit stores, for the limits of batch and queue.
    fileprivate var storedBytes: Int {
        events.reduce(256 + (snapshot?.state.count ?? 0)) { $0 + $1.data.count + 128 }
            + secrets.reduce(0) { $0 + $1.box.count } + sends.reduce(0) { $0 + $1.sealed.count + 256 }
            + counters.reduce(0) { $0 + $1.key.text.utf8.count + 128 } + outbox.count * 256
    }
}
