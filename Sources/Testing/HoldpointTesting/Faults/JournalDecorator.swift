package import HoldpointCore
package import HoldpointPorts

/// A journal before another one: it changes single calls and passes the rest on.
package protocol JournalDecorator: Journal {
    /// The journal behind it.
    var base: any Journal { get }

    /// Surrounds every call that the decorator does not change itself.
    func around<Value: Sendable>(
        _ call: @escaping @Sendable (any Journal) async throws(JournalError) -> Value
    ) async throws(JournalError) -> Value
}

extension JournalDecorator {
    package func around<Value: Sendable>(
        _ call: @escaping @Sendable (any Journal) async throws(JournalError) -> Value
    ) async throws(JournalError) -> Value {
        try await call(base)
    }

    package func takeUp(node: NodeName) async throws(JournalError) -> Tenure {
        try await around { base throws(JournalError) in try await base.takeUp(node: node) }
    }

    package func renew() async throws(JournalError) -> LeaseReport {
        try await around { base throws(JournalError) in try await base.renew() }
    }

    package func handOver(_ fences: [Fence]) async throws(JournalError) {
        try await around { base throws(JournalError) in try await base.handOver(fences) }
    }

    package func nodes() async throws(JournalError) -> [NodeRecord] {
        try await around { base throws(JournalError) in try await base.nodes() }
    }

    package var problem: String? { get async { await base.problem } }

    package func layDown() async throws(JournalError) {
        try await around { base throws(JournalError) in try await base.layDown() }
    }

    package func raiseGeneration(of fence: Fence) async throws(JournalError) -> Fence {
        try await around { base throws(JournalError) in try await base.raiseGeneration(of: fence) }
    }

    package func commit(_ commit: SessionCommit) async throws(JournalError) -> CommitReceipt {
        try await around { base throws(JournalError) in try await base.commit(commit) }
    }

    package func load(
        _ key: SessionKey, in scope: Scope, usingSnapshot: Bool
    ) async throws(JournalError) -> StoredSession? {
        try await around { base throws(JournalError) in
            try await base.load(key, in: scope, usingSnapshot: usingSnapshot)
        }
    }

    package func find(_ id: SessionID, in scope: Scope) async throws(JournalError) -> SessionIdentity? {
        try await around { base throws(JournalError) in try await base.find(id, in: scope) }
    }

    package func events(
        of key: SessionKey, in scope: Scope, after sequence: Int64, limit: Int
    ) async throws(JournalError) -> [RecordedEvent] {
        try await around { base throws(JournalError) in
            try await base.events(of: key, in: scope, after: sequence, limit: limit)
        }
    }

    package func sessions(_ query: SessionQuery, in scope: Scope) async throws(JournalError) -> [SessionIdentity] {
        try await around { base throws(JournalError) in try await base.sessions(query, in: scope) }
    }

    package func requests(_ query: RequestQuery, in scope: Scope) async throws(JournalError) -> [RequestRecord] {
        try await around { base throws(JournalError) in try await base.requests(query, in: scope) }
    }

    package func request(_ id: RequestID, in scope: Scope) async throws(JournalError) -> RequestRecord? {
        try await around { base throws(JournalError) in try await base.request(id, in: scope) }
    }

    package func secrets(of request: RequestID, in scope: Scope) async throws(JournalError) -> [SealedSecret] {
        try await around { base throws(JournalError) in try await base.secrets(of: request, in: scope) }
    }

    package func idempotencyRecord(
        _ key: String, in scope: Scope
    ) async throws(JournalError) -> IdempotencyRecord? {
        try await around { base throws(JournalError) in try await base.idempotencyRecord(key, in: scope) }
    }
}

extension JournalDecorator {
    package func feed(
        in scope: Scope, after position: FeedPosition, limit: Int
    ) async throws(JournalError) -> [FeedItem] {
        try await around { base throws(JournalError) in try await base.feed(in: scope, after: position, limit: limit) }
    }

    package func feedBounds(in scope: Scope) async throws(JournalError) -> FeedBounds {
        try await around { base throws(JournalError) in try await base.feedBounds(in: scope) }
    }

    package func heads(of sessions: [SessionReference]) async throws(JournalError) -> [SessionKey: Int64] {
        try await around { base throws(JournalError) in try await base.heads(of: sessions) }
    }

    package func counters(
        _ queries: [CounterQuery], in scope: Scope
    ) async throws(JournalError) -> [CounterReading] {
        try await around { base throws(JournalError) in try await base.counters(queries, in: scope) }
    }

    package func store(_ command: StoredCommand) async throws(JournalError) {
        try await around { base throws(JournalError) in try await base.store(command) }
    }

    package func storedCommand(
        _ id: StoredCommandID, in scope: Scope
    ) async throws(JournalError) -> StoredCommandView? {
        try await around { base throws(JournalError) in try await base.storedCommand(id, in: scope) }
    }

    package func undecided(
        of session: SessionKey, in scope: Scope, limit: Int
    ) async throws(JournalError) -> [StoredCommand] {
        try await around { base throws(JournalError) in
            try await base.undecided(of: session, in: scope, limit: limit)
        }
    }

    package func undecided(
        shards: [Shard], after id: StoredCommandID?, limit: Int
    ) async throws(JournalError) -> [StoredCommand] {
        try await around { base throws(JournalError) in
            try await base.undecided(shards: shards, after: id, limit: limit)
        }
    }

    package func decide(_ decided: DecidedCommand, in scope: Scope) async throws(JournalError) -> Bool {
        try await around { base throws(JournalError) in try await base.decide(decided, in: scope) }
    }

    package func countAttempt(_ id: StoredCommandID, in scope: Scope) async throws(JournalError) -> Int64 {
        try await around { base throws(JournalError) in try await base.countAttempt(id, in: scope) }
    }

    package func deadlines(
        shards: [Shard], from: Timestamp, until: Timestamp, after last: SessionKey?, limit: Int
    ) async throws(JournalError) -> [SessionDeadline] {
        try await around { base throws(JournalError) in
            try await base.deadlines(shards: shards, from: from, until: until, after: last, limit: limit)
        }
    }

    package func setQuarantine(
        _ reason: String?, of key: SessionKey, in scope: Scope, fence: Fence
    ) async throws(JournalError) {
        try await around { base throws(JournalError) in
            try await base.setQuarantine(reason, of: key, in: scope, fence: fence)
        }
    }

    package func endedSessions(
        in scope: Scope, shards: [Shard], before time: Timestamp, after last: EndedSession?, limit: Int
    ) async throws(JournalError) -> [EndedSession] {
        try await around { base throws(JournalError) in
            try await base.endedSessions(in: scope, shards: shards, before: time, after: last, limit: limit)
        }
    }

    package func retire(_ retirement: Retirement) async throws(JournalError) -> RetiredPage {
        try await around { base throws(JournalError) in try await base.retire(retirement) }
    }

    package func archive(of id: SessionID, in scope: Scope, page: Int) async throws(JournalError) -> ArchivePage? {
        try await around { base throws(JournalError) in try await base.archive(of: id, in: scope, page: page) }
    }

    package func archivedSessions(
        in scope: Scope, after id: SessionID?, limit: Int
    ) async throws(JournalError) -> [SessionID] {
        try await around { base throws(JournalError) in
            try await base.archivedSessions(in: scope, after: id, limit: limit)
        }
    }

    package func writeDown(_ group: RecoveryGroup) async throws(JournalError) {
        try await around { base throws(JournalError) in try await base.writeDown(group) }
    }

    package func strikeOff(_ group: Int64) async throws(JournalError) {
        try await around { base throws(JournalError) in try await base.strikeOff(group) }
    }

    package func standingGroups(among shards: [Shard]) async throws(JournalError) -> [RecoveryGroup] {
        try await around { base throws(JournalError) in try await base.standingGroups(among: shards) }
    }

    package func decided(
        among commands: [StoredCommandReference]
    ) async throws(JournalError) -> [StoredCommandID] {
        try await around { base throws(JournalError) in try await base.decided(among: commands) }
    }
}
