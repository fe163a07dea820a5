import HoldpointCore
import HoldpointPorts
import HoldpointTesting
import Synchronization

/// A store whose data a later release keeps in other forms: it reads both, and writes the later ones once it may.
///
/// What a workflow did is an event of another type there, with its data in a member, and snapshots have another codec.
final class LaterJournal: JournalDecorator {
    private static let earlierType = WorkflowAdvanced.type
    private static let laterType = EventType("workflow_moved")
    private static let opening = Array(#"{"moved":"#.utf8)
    private static let closing = Array("}".utf8)
    private static let codec = SnapshotCodec.version + 1
    private static let mark = Array("later:".utf8)

    let base: any Journal
    private let hasher: any Hasher
    private let isEager: Bool
    /// The number of the forms that the last renewal allowed.
    private let allowed = Atomic<Int64>(0)

    init(base: any Journal, hasher: any Hasher, isEager: Bool) {
        self.base = base
        self.hasher = hasher
        self.isEager = isEager
    }

    func renew() async throws(JournalError) -> LeaseReport {
        let report = try await base.renew()
        allowed.store(report.formats ?? LaterFittings.formats, ordering: .releasing)
        return report
    }

    func commit(_ commit: SessionCommit) async throws(JournalError) -> CommitReceipt {
        let isLater = isEager || allowed.load(ordering: .acquiring) >= LaterFittings.formats
        return try await base.commit(isLater ? later(commit) : commit)
    }

    func load(
        _ key: SessionKey, in scope: Scope, usingSnapshot: Bool
    ) async throws(JournalError) -> StoredSession? {
        try await base.load(key, in: scope, usingSnapshot: usingSnapshot).map { stored in
            StoredSession(
                identity: stored.identity, snapshot: stored.snapshot.map(earlier), tail: stored.tail.map(earlier),
                quarantine: stored.quarantine)
        }
    }

    func events(
        of key: SessionKey, in scope: Scope, after sequence: Int64, limit: Int
    ) async throws(JournalError) -> [RecordedEvent] {
        try await base.events(of: key, in: scope, after: sequence, limit: limit).map(earlier)
    }

    // MARK: Forms

    private func later(_ commit: SessionCommit) -> SessionCommit {
        SessionCommit(
            identity: commit.identity, fence: commit.fence, expectedHead: commit.expectedHead,
            events: commit.events.map(later), summary: commit.summary, requests: commit.requests,
            snapshot: commit.snapshot.map(later), secrets: commit.secrets, destroysSecrets: commit.destroysSecrets,
            decided: commit.decided, idempotency: commit.idempotency, sends: commit.sends,
            policy: commit.policy, counters: commit.counters, outbox: commit.outbox)
    }

    private func later(_ event: RecordedEvent) -> RecordedEvent {
        guard event.type == Self.earlierType else { return event }
        return event.with(type: Self.laterType, data: Self.opening + event.data + Self.closing)
    }

    private func earlier(_ event: RecordedEvent) -> RecordedEvent {
        guard event.type == Self.laterType else { return event }
        let data = event.data.dropFirst(Self.opening.count).dropLast(Self.closing.count)
        return event.with(type: Self.earlierType, data: Array(data))
    }

    private func later(_ snapshot: Snapshot) -> Snapshot {
        snapshot.with(codec: Self.codec, state: Self.mark + snapshot.state, hasher: hasher)
    }

    private func earlier(_ snapshot: Snapshot) -> Snapshot {
        guard snapshot.codec == Self.codec, hasher.sha256(snapshot.state) == snapshot.digest else { return snapshot }
        let state = Array(snapshot.state.dropFirst(Self.mark.count))
        return snapshot.with(codec: SnapshotCodec.version, state: state, hasher: hasher)
    }
}

extension RecordedEvent {
    fileprivate func with(type: EventType, data: [UInt8]) -> RecordedEvent {
        RecordedEvent(sequence: sequence, time: time, type: type, data: data, chain: chain, isOnFeed: isOnFeed)
    }
}

extension Snapshot {
    fileprivate func with(codec: Int64, state: [UInt8], hasher: any Hasher) -> Snapshot {
        Snapshot(codec: codec, sequence: sequence, chain: chain, digest: hasher.sha256(state), state: state)
    }
}
