import HoldpointCore
import HoldpointPorts
import PostgresClient

/// A batch of commits as one segment: the server runs it as one transaction and never waits for the client within.
struct CommitSegment {
    /// The statements: the check of the fences first.
    let segment: PostgresSegment
    /// Which statement returns the transaction of the rows of the log, if there are any.
    private let logStatement: Int?
    /// The number within the feed of each commit's last event on it.
    private let feedNumbers: [Int32?]

    /// Puts commits of one generation and one slot together.
    init(_ writes: [CommitWrite], in life: NodeLife, slot: Int) {
        var rows = CommitRows()
        feedNumbers = writes.map { rows.append($0) }
        var segment = PostgresSegment()
        FenceCheck.add(writes.lazy.map(\.commit.fence), in: life, slot: slot, to: &segment)
        Tenants.name(writes.lazy.map(\.project.tenant), in: &segment)
        logStatement = rows.add(to: &segment)
        self.segment = segment
    }

    /// What the commits brought about, from the results of the segment.
    func receipts(_ results: [PostgresResult]) throws(PostgresError) -> [CommitReceipt] {
        guard let logStatement, results.indices.contains(logStatement),
            let row = results[logStatement].rows.first, let transaction = try row.optionalInteger(0)
        else { return feedNumbers.map { _ in CommitReceipt(feedPosition: nil) } }
        return feedNumbers.map { number in
            CommitReceipt(feedPosition: number.map { FeedPosition(transaction: transaction, index: Int64($0)) })
        }
    }
}

/// Everything that a batch of commits writes, table by table.
private struct CommitRows {
    var started = StartedSessions()
    var advanced = AdvancedSessions()
    var standing = StandingSessions()
    var absent = AbsentSessions()
    var log = LogRows()
    var opened = OpenedRequests()
    var closed = ClosedRequests()
    var snapshots = SnapshotRows()
    var secrets = SecretRows()
    var destroyed = DestroyedSecrets()
    var outcomes = OutcomeRows()
    var idempotency = IdempotencyRows()
    var sends = CommandRows()
    var policies = JudgedPolicies()
    var counters = CounterBatch()
    var outbox = OutboxRows()

    /// Takes a commit and returns the number of its last event on the feed, if there is one.
    mutating func append(_ write: CommitWrite) -> Int32? {
        switch write.kind {
        case .start: started.append(write)
        case .advance: advanced.append(write)
        case .stand: standing.append(write)
        case .absent: absent.append(write)
        }
        let commit = write.commit
        if let decided = commit.decided { outcomes.append(decided, of: write.project) }
        if let record = commit.idempotency { idempotency.append(record, of: write.project) }
        for command in commit.sends { sends.append(command, of: write.project) }
        if let version = commit.policy { policies.append(version, of: write.project) }
        counters.append(commit.counters, of: write.project)
        return write.kind == .absent ? nil : appendOfSession(commit)
    }

    /// Takes what belongs to a session that is there after the commit.
    private mutating func appendOfSession(_ commit: SessionCommit) -> Int32? {
        let session = commit.identity.key
        let number = commit.events.isEmpty ? nil : log.append(commit.events, of: session)
        for change in commit.requests {
            if let openedAt = change.openedAt {
                opened.append(change, openedAt: openedAt, of: session)
            } else {
                closed.append(change, of: session)
            }
        }
        if let snapshot = commit.snapshot { snapshots.append(snapshot, of: session) }
        for secret in commit.secrets { secrets.append(secret, of: session) }
        if commit.destroysSecrets { destroyed.append(session) }
        for entry in commit.outbox { outbox.append(entry, of: session) }
        return number
    }

    /// Appends the statements, sessions first, and returns which one returns the transaction of the rows of the log.
    func add(to segment: inout PostgresSegment) -> Int? {
        segment.add(started)
        if !started.isEmpty { segment.add(StartedSessions.tombstoneCheck, started.tombstoneParameters) }
        segment.add(advanced)
        segment.add(standing)
        segment.add(absent)
        let logStatement = log.isEmpty ? nil : segment.count
        segment.add(log)
        segment.add(opened)
        segment.add(closed)
        segment.add(snapshots)
        segment.add(secrets)
        segment.add(destroyed)
        segment.add(outcomes)
        segment.add(idempotency)
        segment.add(sends)
        if !sends.isEmpty { segment.add(CommandRows.ownerCheck, sends.ownerParameters) }
        segment.add(policies)
        counters.add(to: &segment)
        segment.add(outbox)
        return logStatement
    }
}
