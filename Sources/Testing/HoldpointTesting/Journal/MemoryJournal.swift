package import HoldpointCore
package import HoldpointPorts

/// A whole store in memory: what a node commits to it survives the node.
///
/// Each call is one step that cannot be cut short, whatever becomes of its caller; see `Guarded` for why it is no
/// actor.
package final class MemoryJournal: Journal, Directory {
    let store: Guarded<MemoryStore>
    let clock: any Clock

    /// An empty store.
    ///
    /// - Parameter clock: dates the versions of agents.
    package init(clock: any Clock) {
        store = Guarded(MemoryStore())
        self.clock = clock
    }

    /// All tables as they are now.
    package var contents: MemoryStore { store.read { copy $0 } }

    /// How often somebody came to it; while that stays the same, so do all tables.
    package var visitCount: Int { store.takingCount }

    /// Ends a node's lease before its time: the next that renews takes its shards, and it has not heard of it.
    package func expireLease(of node: NodeName) { store.withState { $0.expireLease(of: node) } }
}

extension MemoryJournal {
    package func takeUp(node: NodeName) async throws(JournalError) -> Tenure {
        let now = clock.now()
        return store.withState { $0.takeUp(node, now: now) }
    }

    package func layDown() async throws(JournalError) { store.withState { $0.layDown() } }

    package func raiseGeneration(of fence: Fence) async throws(JournalError) -> Fence {
        try store.withState { store throws(JournalError) in try store.raiseGeneration(of: fence) }
    }

    package func commit(_ commit: SessionCommit) async throws(JournalError) -> CommitReceipt {
        try store.withState { store throws(JournalError) in try store.commit(commit) }
    }

    package func load(
        _ key: SessionKey, in scope: Scope, usingSnapshot: Bool
    ) async throws(JournalError) -> StoredSession? {
        store.withState { $0.load(key, in: scope, usingSnapshot: usingSnapshot) }
    }

    package func find(_ id: SessionID, in scope: Scope) async throws(JournalError) -> SessionIdentity? {
        store.withState { $0.find(id, in: scope) }
    }

    package func events(
        of key: SessionKey, in scope: Scope, after sequence: Int64, limit: Int
    ) async throws(JournalError) -> [RecordedEvent] {
        store.withState { $0.events(of: key, in: scope, after: sequence, limit: limit) }
    }

    package func sessions(_ query: SessionQuery, in scope: Scope) async throws(JournalError) -> [SessionIdentity] {
        store.withState { $0.sessions(query, in: scope) }
    }

    package func requests(_ query: RequestQuery, in scope: Scope) async throws(JournalError) -> [RequestRecord] {
        store.withState { $0.requests(query, in: scope) }
    }

    package func request(_ id: RequestID, in scope: Scope) async throws(JournalError) -> RequestRecord? {
        store.withState { $0.request(id, in: scope) }
    }

    package func secrets(of request: RequestID, in scope: Scope) async throws(JournalError) -> [SealedSecret] {
        store.withState { $0.secrets(of: request, in: scope) }
    }

    package func idempotencyRecord(
        _ key: String, in scope: Scope
    ) async throws(JournalError) -> IdempotencyRecord? {
        store.withState { $0.idempotency[scope]?[key] }
    }

    package func feed(
        in scope: Scope, after position: FeedPosition, limit: Int
    ) async throws(JournalError) -> [FeedItem] {
        store.withState { $0.feed(in: scope, after: position, limit: limit) }
    }

    package func feedBounds(in scope: Scope) async throws(JournalError) -> FeedBounds {
        store.withState { $0.feedBounds(in: scope) }
    }

    package func heads(of sessions: [SessionReference]) async throws(JournalError) -> [SessionKey: Int64] {
        store.withState { $0.heads(of: sessions) }
    }
}

extension MemoryJournal {
    package func store(_ command: StoredCommand) async throws(JournalError) {
        try store.withState { store throws(JournalError) in try store.store(command) }
    }

    package func storedCommand(
        _ id: StoredCommandID, in scope: Scope
    ) async throws(JournalError) -> StoredCommandView? {
        store.withState { $0.inboxRow(id, in: scope) }
            .map { StoredCommandView(command: $0.command, outcome: $0.outcome) }
    }

    package func undecided(
        of session: SessionKey, in scope: Scope, limit: Int
    ) async throws(JournalError) -> [StoredCommand] {
        store.withState { $0.undecided(of: session, in: scope, limit: limit) }
    }

    package func undecided(
        shards: [Shard], after id: StoredCommandID?, limit: Int
    ) async throws(JournalError) -> [StoredCommand] {
        store.withState { $0.undecided(shards: shards, after: id, limit: limit) }
    }

    package func decide(_ decided: DecidedCommand, in scope: Scope) async throws(JournalError) -> Bool {
        store.withState { $0.decide(decided, in: scope) }
    }

    package func countAttempt(_ id: StoredCommandID, in scope: Scope) async throws(JournalError) -> Int64 {
        try store.withState { store throws(JournalError) in try store.countAttempt(id, in: scope) }
    }

    package func deadlines(
        shards: [Shard], from: Timestamp, until: Timestamp, after last: SessionKey?, limit: Int
    ) async throws(JournalError) -> [SessionDeadline] {
        store.withState { $0.deadlines(shards: shards, from: from, until: until, after: last, limit: limit) }
    }

    package func setQuarantine(
        _ reason: String?, of key: SessionKey, in scope: Scope, fence: Fence
    ) async throws(JournalError) {
        try store.withState { store throws(JournalError) in
            try store.setQuarantine(reason, of: key, in: scope, fence: fence)
        }
    }

    package func writeDown(_ group: RecoveryGroup) async throws(JournalError) {
        store.withState { $0.writeDown(group) }
    }

    package func strikeOff(_ group: Int64) async throws(JournalError) { store.withState { $0.strikeOff(group) } }

    package func standingGroups(among shards: [Shard]) async throws(JournalError) -> [RecoveryGroup] {
        store.withState { $0.groups.filter { $0.members.contains { shards.contains($0.key.shard) } } }
    }

    package func decided(
        among commands: [StoredCommandReference]
    ) async throws(JournalError) -> [StoredCommandID] {
        store.withState { store in
            commands.filter { store.inboxRow($0.id, in: $0.scope)?.outcome != nil }.map(\.id)
        }
    }

    package func endedSessions(
        in scope: Scope, shards: [Shard], before time: Timestamp, after last: EndedSession?, limit: Int
    ) async throws(JournalError) -> [EndedSession] {
        store.withState { $0.endedSessions(in: scope, shards: shards, before: time, after: last, limit: limit) }
    }

    package func retire(_ retirement: Retirement) async throws(JournalError) -> RetiredPage {
        try store.withState { store throws(JournalError) in try store.retire(retirement) }
    }

    package func archive(of id: SessionID, in scope: Scope, page: Int) async throws(JournalError) -> ArchivePage? {
        store.withState { $0.archive(of: id, in: scope, page: page) }
    }

    package func archivedSessions(
        in scope: Scope, after id: SessionID?, limit: Int
    ) async throws(JournalError) -> [SessionID] {
        store.withState { $0.archivedSessions(in: scope, after: id, limit: limit) }
    }

    package func nodes() async throws(JournalError) -> [NodeRecord] { store.withState { $0.node.map { [$0] } ?? [] } }
}
