import HoldpointCore
import HoldpointPorts

/// A session rebuilt from what is stored.
struct LoadedSession: Sendable {
    let state: SessionState
    /// The chain value after the last event.
    let chain: Digest
    /// The number of the last event in the latest snapshot; 0 if there is none.
    let snapshotSequence: Int64
    /// Bytes of event data since then.
    let bytesSinceSnapshot: Int
    let quarantine: String?
}

/// Rebuilds sessions: the latest snapshot that verifies, and the events after it (I6).
struct SessionLoader: Sendable {
    let journal: any Journal
    let hasher: any Hasher
    let counters: EngineCounters

    /// The session, or nil if the store has none by that key.
    ///
    /// - Throws: `newer` if its log has an event of a type that this release does not know.
    func load(_ key: SessionKey, in scope: Scope) async throws(SessionFailure) -> LoadedSession? {
        guard let stored = try await read(key, in: scope, usingSnapshot: true) else { return nil }
        guard let snapshot = stored.snapshot else { return try fold(stored, from: nil) }
        if let state = verified(snapshot, of: stored.identity) { return try fold(stored, from: (state, snapshot)) }
        // One of a later release is no damage: the log says the same, unless it has events that are not known here.
        if snapshot.codec <= SnapshotCodec.version { await counters.countRefusedSnapshot() }
        guard let whole = try await read(key, in: scope, usingSnapshot: false) else { return nil }
        return try fold(whole, from: nil)
    }

    private func read(
        _ key: SessionKey, in scope: Scope, usingSnapshot: Bool
    ) async throws(SessionFailure) -> StoredSession? {
        do {
            return try await journal.load(key, in: scope, usingSnapshot: usingSnapshot)
        } catch {
            throw SessionFailure(error)
        }
    }

    private func verified(_ snapshot: Snapshot, of identity: SessionIdentity) -> SessionState? {
        guard hasher.sha256(snapshot.state) == snapshot.digest else { return nil }
        let state = try? SnapshotCodec.decode(snapshot.state, version: snapshot.codec, identity: identity)
        return state.flatMap { $0.sequence == snapshot.sequence ? $0 : nil }
    }

    private func fold(
        _ stored: StoredSession, from base: (state: SessionState, snapshot: Snapshot)?
    ) throws(SessionFailure) -> LoadedSession {
        var state = base?.state ?? SessionState(identity: stored.identity)
        var chain = base?.snapshot.chain ?? .zero
        var bytes = 0
        for recorded in stored.tail {
            try Self.apply(recorded, to: &state)
            chain = recorded.chain
            bytes += recorded.data.count
        }
        return LoadedSession(
            state: state, chain: chain, snapshotSequence: base?.snapshot.sequence ?? 0, bytesSinceSnapshot: bytes,
            quarantine: stored.quarantine)
    }

    private static func apply(_ recorded: RecordedEvent, to state: inout SessionState) throws(SessionFailure) {
        do {
            guard let event = try EventRegistry.event(named: recorded.type.text, data: recorded.data) else {
                throw SessionFailure.newer("the event type \(recorded.type) is not known to this release")
            }
            let position = EventPosition(
                sequence: recorded.sequence, time: recorded.time, dataBytes: recorded.data.count)
            try state.apply(event, at: position)
        } catch let failure as SessionFailure {
            throw failure
        } catch {
            throw .failed("\(error)")
        }
    }
}
