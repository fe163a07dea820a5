package import HoldpointCore

/// The store of the truth: logs, snapshots, stored commands, projections and marks.
///
/// Every call carries its scope, and an identifier of another scope finds nothing (I5). A commit is one
/// transaction: all of it or nothing. Calls may come from any number of tasks at once; a session has at most one
/// commit under way. Implementations commit in groups and resume callers only after the group is durable (I1).
package protocol Journal: Outbox, AuditLog {
    /// Takes up all shards that this node may own now and raises their epochs; commits under older fences are refused
    /// from then on, those of an earlier life of the same node among them. Called once, before anything else.
    func takeUp(node: NodeName) async throws(JournalError) -> Tenure

    /// Renews this node's lease, ends the leases of nodes that are dead, and takes shards that nobody owns, up to this
    /// node's share. Throws `fenced` if its own lease is over: all its shards are or will be others' then.
    func renew() async throws(JournalError) -> LeaseReport

    /// Gives shards up for others to take. What was sent under these fences and may still be on its way is refused or
    /// finished before this returns; the caller has stopped writing them.
    func handOver(_ fences: [Fence]) async throws(JournalError)

    /// The nodes that share the store, by name.
    func nodes() async throws(JournalError) -> [NodeRecord]

    /// Why nothing can be written now as far as is known without asking the store, for operators; nil if all works.
    var problem: String? { get async }

    /// Records that this life ended cleanly, no effect cut short, and gives all its shards up.
    func layDown() async throws(JournalError)

    /// Raises the generation of a shard's writer, so that commits still under way under the old one are refused
    /// or finished before this returns; if it was raised already, returns the fence as it is. Called before an
    /// in-doubt commit is resolved. Throws `fenced` only for an old epoch.
    func raiseGeneration(of fence: Fence) async throws(JournalError) -> Fence

    /// Appends and projects, in one transaction, refusing stale fences, wrong heads and repeated keys.
    func commit(_ commit: SessionCommit) async throws(JournalError) -> CommitReceipt

    /// What is needed to rebuild a session: its latest snapshot and the events after it; nil if there is none.
    ///
    /// - Parameter usingSnapshot: false asks for the whole log, when a snapshot did not verify.
    func load(_ key: SessionKey, in scope: Scope, usingSnapshot: Bool) async throws(JournalError) -> StoredSession?

    /// The session that a project knows by that id.
    func find(_ id: SessionID, in scope: Scope) async throws(JournalError) -> SessionIdentity?

    /// A page of a session's log, from the event after `sequence`; shorter than `limit` only at the end, or when its
    /// data reached `JournalPage.bytes`.
    func events(
        of key: SessionKey, in scope: Scope, after sequence: Int64, limit: Int
    ) async throws(JournalError) -> [RecordedEvent]

    /// A page of the project's sessions, newest first.
    func sessions(_ query: SessionQuery, in scope: Scope) async throws(JournalError) -> [SessionIdentity]

    /// A page of the project's requests, newest first.
    func requests(_ query: RequestQuery, in scope: Scope) async throws(JournalError) -> [RequestRecord]

    /// One request with the data of its events.
    func request(_ id: RequestID, in scope: Scope) async throws(JournalError) -> RequestRecord?

    /// The sealed values of one request's answer.
    func secrets(of request: RequestID, in scope: Scope) async throws(JournalError) -> [SealedSecret]

    /// The record under which an idempotency key was committed.
    func idempotencyRecord(_ key: String, in scope: Scope) async throws(JournalError) -> IdempotencyRecord?

    /// A page of the project's feed in its one order, from the item after `position`; shorter than `limit` only at the
    /// end, or when its data reached `JournalPage.bytes`.
    func feed(
        in scope: Scope, after position: FeedPosition, limit: Int
    ) async throws(JournalError) -> [FeedItem]

    /// Where the project's feed ends now, and the oldest position from which it can still be read whole.
    func feedBounds(in scope: Scope) async throws(JournalError) -> FeedBounds

    /// The heads of the given sessions; one query for all that a node watches. Unknown keys are left out.
    func heads(of sessions: [SessionReference]) async throws(JournalError) -> [SessionKey: Int64]

    /// What counters have, in the order of the queries; one that nothing was added to has 0 under revision 0.
    ///
    /// At most `CounterLimits.queries` at once; more are `refused`.
    func counters(_ queries: [CounterQuery], in scope: Scope) async throws(JournalError) -> [CounterReading]

    /// Stores a command durably before anyone decides it.
    func store(_ command: StoredCommand) async throws(JournalError)

    /// A stored command and what became of it.
    func storedCommand(_ id: StoredCommandID, in scope: Scope) async throws(JournalError) -> StoredCommandView?

    /// Stored commands without an outcome, oldest first, of one session.
    func undecided(of session: SessionKey, in scope: Scope, limit: Int) async throws(JournalError) -> [StoredCommand]

    /// Stored commands without an outcome in the given shards, oldest first, after `id`; of quarantined sessions only
    /// those of `StoredCommand.kindsForQuarantined`.
    func undecided(
        shards: [Shard], after id: StoredCommandID?, limit: Int
    ) async throws(JournalError) -> [StoredCommand]

    /// Of these stored commands, those that have an outcome; one query for all that a node waits for.
    func decided(among commands: [StoredCommandReference]) async throws(JournalError) -> [StoredCommandID]

    /// Writes an outcome without a commit: for a command that was refused before any session could decide it, or
    /// that died. Returns false if it had an outcome before.
    func decide(_ decided: DecidedCommand, in scope: Scope) async throws(JournalError) -> Bool

    /// Counts an attempt at a stored command, durably, before it begins; returns the new count.
    func countAttempt(_ id: StoredCommandID, in scope: Scope) async throws(JournalError) -> Int64

    /// Sessions of the given shards with a deadline from `from` and before `until`, by deadline and key; not
    /// quarantined ones.
    ///
    /// - Parameter last: for the next page: of those with a deadline at `from` itself, only greater keys are taken.
    func deadlines(
        shards: [Shard], from: Timestamp, until: Timestamp, after last: SessionKey?, limit: Int
    ) async throws(JournalError) -> [SessionDeadline]

    /// Marks or unmarks a session; a marked one refuses commits and is left out of what is due. Throws `refused` if the
    /// scope has no such session.
    func setQuarantine(
        _ reason: String?, of key: SessionKey, in scope: Scope, fence: Fence
    ) async throws(JournalError)

    /// A page of a project's sessions in the given shards that ended before `time`, in an order of the store's own in
    /// which `last` came last; one that ends meanwhile may be left for the next time.
    func endedSessions(
        in scope: Scope, shards: [Shard], before time: Timestamp, after last: EndedSession?, limit: Int
    ) async throws(JournalError) -> [EndedSession]

    /// Retires sessions for good, in one transaction: deletes all that is stored of them and leaves a tombstone of each
    /// (its project, id and key, and when), which refuses a start under its id with `sessionDeleted`; archives their
    /// logs before, if that is the mode. One that did not end before the given time, or for which a stored command
    /// waits, is left as it is. Afterwards the feed is whole only from the last of their events on.
    ///
    /// - Throws: `fenced` if one of the fences is stale; then nothing was changed.
    func retire(_ retirement: Retirement) async throws(JournalError) -> RetiredPage

    /// A page, counted from 0, of the archived log of the session that a project knew by that id; nil after the last.
    func archive(of id: SessionID, in scope: Scope, page: Int) async throws(JournalError) -> ArchivePage?

    /// A page of the ids of a project's archived sessions, after `id`.
    func archivedSessions(
        in scope: Scope, after id: SessionID?, limit: Int
    ) async throws(JournalError) -> [SessionID]

    /// Writes down a group of sessions before its due work is loaded (I10).
    func writeDown(_ group: RecoveryGroup) async throws(JournalError)

    /// Strikes a group off, once its due work is committed.
    func strikeOff(_ group: Int64) async throws(JournalError)

    /// The groups with a member in the given shards that stand: marks of those under work when an earlier life ended,
    /// and suspicions that it left.
    func standingGroups(among shards: [Shard]) async throws(JournalError) -> [RecoveryGroup]
}

extension Journal {
    // What a store of one process does: there is nobody to share with.

    package func renew() async throws(JournalError) -> LeaseReport { .unshared }

    package var problem: String? { get async { nil } }

    package func handOver(_ fences: [Fence]) async throws(JournalError) {
        throw .refused("there is no other node to hand shards over to")
    }
}
