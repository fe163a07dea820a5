import HoldpointCore
import HoldpointPorts

/// Checks that all that is stored of a session says the same: log, chain, snapshot and rows (I6).
struct LogVerifier: Sendable {
    /// What was looked at.
    struct Account: Sendable {
        var sessions = 0
        var events = 0
        var snapshots = 0
        /// Logs of retired sessions.
        var archives = 0
    }

    /// A server may write while this reads: a difference counts when it is still there at the last of these tries.
    private static let tries = 5
    static let pageSize = 500

    let journal: any Journal
    let hasher: any Hasher

    init(journal: any Journal, hasher: any Hasher) {
        self.journal = journal
        self.hasher = hasher
    }

    /// Folds a session's whole log; `each` sees every event after it was taken.
    func replay(
        _ session: SessionIdentity, each: (RecordedEvent) -> Void = { _ in }
    ) async throws -> SessionReplay {
        var replay = SessionReplay(of: session, hasher: hasher)
        guard let stored = try await journal.load(session.key, in: session.scope, usingSnapshot: false) else {
            throw replay.difference(nil, "its log cannot be found")
        }
        for event in stored.tail {
            try replay.take(event)
            each(event)
        }
        return replay
    }

    /// Checks a project's sessions, or one of them; throws the first difference.
    func verify(_ scope: Scope, only id: SessionID? = nil, into account: inout Account) async throws {
        var projections = try await StoredProjections(of: scope, in: journal)
        for session in projections.sessions where id == nil || session.id == id {
            var attempt = 1
            while true {
                do {
                    try await verify(session, projections, &account)
                    break
                } catch let difference as SessionReplay.Difference {
                    guard attempt < Self.tries else { throw difference }
                    attempt += 1
                    projections = try await StoredProjections(of: scope, in: journal)
                    // It was retired meanwhile.
                    if projections.statuses[session.key] == nil { break }
                }
            }
        }
    }

    private func verify(
        _ session: SessionIdentity, _ projections: StoredProjections, _ account: inout Account
    ) async throws {
        guard let stored = try await journal.load(session.key, in: session.scope, usingSnapshot: true) else {
            throw SessionReplay(of: session, hasher: hasher).difference(nil, "it is listed, but cannot be found")
        }
        var replay = SessionReplay(of: session, hasher: hasher)
        var resumed: SessionReplay?
        let tail = Dictionary(
            stored.tail.map { ($0.sequence, $0) }, uniquingKeysWith: { first, _ in first })
        let log = try await journal.load(session.key, in: session.scope, usingSnapshot: false)?.tail ?? []
        if let snapshot = stored.snapshot, snapshot.sequence > log.count {
            throw replay.difference(snapshot.sequence, "the snapshot is ahead of the log")
        }
        for event in log {
            try replay.take(event)
            if event.sequence == stored.snapshot?.sequence, let snapshot = stored.snapshot {
                resumed = try resume(from: snapshot, replay, session)
                account.snapshots += 1
            } else if let next = tail[event.sequence], resumed != nil {
                try resumed?.take(next)
                guard resumed.map({ SnapshotCodec.encode($0.state) }) == SnapshotCodec.encode(replay.state) else {
                    throw replay.difference(event.sequence, "snapshot and later events give another state than the log")
                }
            }
        }
        try await compareRows(of: replay, session, stored.quarantine != nil, projections)
        account.sessions += 1
        account.events += log.count
    }

    /// Checks a snapshot against the state that the log gives at the same event, byte for byte.
    private func resume(
        from snapshot: Snapshot, _ replay: SessionReplay, _ session: SessionIdentity
    ) throws -> SessionReplay {
        let place = snapshot.sequence
        guard hasher.sha256(snapshot.state) == snapshot.digest else {
            throw replay.difference(place, "the snapshot's bytes do not have its digest")
        }
        guard snapshot.chain == replay.chain else {
            throw replay.difference(place, "the snapshot has another chain value than the log")
        }
        guard snapshot.state == SnapshotCodec.encode(replay.state) else {
            throw replay.difference(place, "the snapshot is another state than the log gives")
        }
        do throws(MalformedRecord) {
            let state = try SnapshotCodec.decode(snapshot.state, version: snapshot.codec, identity: session)
            return SessionReplay(of: session, from: state, chain: snapshot.chain, hasher: hasher)
        } catch {
            throw replay.difference(place, "the snapshot cannot be read: \(error)")
        }
    }

    private func compareRows(
        of replay: SessionReplay, _ session: SessionIdentity, _ isQuarantined: Bool, _ projections: StoredProjections
    ) async throws {
        let state = replay.state
        let reference = SessionReference(scope: session.scope, key: session.key)
        let head = try await journal.heads(of: [reference])[session.key]
        guard head == state.sequence else {
            throw replay.difference(state.sequence, "the session's row has another head: \(head ?? 0)")
        }
        let status = isQuarantined && !state.status.isFinal ? .quarantined : state.status
        guard projections.statuses[session.key] == status else {
            throw replay.difference(state.sequence, "the session's row does not have the status \(status.rawValue)")
        }
        let deadline = isQuarantined ? nil : state.wakeAt
        guard projections.deadlines[session.key] == deadline else {
            throw replay.difference(state.sequence, "the session's row has another deadline")
        }
        try await compareRequests(of: replay, session)
    }

    private func compareRequests(of replay: SessionReplay, _ session: SessionIdentity) async throws {
        var rows: [RequestID: RequestRecord] = [:]
        var query = RequestQuery(session: session.key, limit: Self.pageSize)
        while true {
            let page = try await journal.requests(query, in: session.scope)
            for row in page { rows[row.id] = row }
            guard page.count == Self.pageSize, let last = page.last else { break }
            query.before = last.id
        }
        let state = replay.state
        guard rows.count == state.openRequests.count + state.closedRequests.count else {
            throw replay.difference(state.sequence, "the requests' rows are not as many as the log's requests")
        }
        for open in state.openRequests {
            let row = rows[open.request.id]
            guard row?.status == .pending, row?.closed == nil, row?.type == open.request.type else {
                throw replay.difference(open.sequence, "the row of \(open.request.id) is not that of a pending request")
            }
        }
        for closed in state.closedRequests {
            let row = rows[closed.id]
            guard row?.status == closed.status, row?.closed == replay.closings[closed.id] else {
                throw replay.difference(closed.sequence, "the row of \(closed.id) does not fit its closing event")
            }
        }
    }
}
