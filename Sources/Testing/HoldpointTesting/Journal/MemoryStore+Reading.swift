import HoldpointCore
import HoldpointPorts

extension MemoryStore {
    func load(_ key: SessionKey, in scope: Scope, usingSnapshot: Bool) -> StoredSession? {
        guard let session = session(key, in: scope) else { return nil }
        let snapshot = usingSnapshot ? session.snapshot : nil
        return StoredSession(
            identity: session.identity, snapshot: snapshot,
            tail: Array(session.events.dropFirst(Int(snapshot?.sequence ?? 0))), quarantine: session.quarantine)
    }

    func find(_ id: SessionID, in scope: Scope) -> SessionIdentity? {
        names[scope]?[id].map { SessionIdentity(scope: scope, key: $0, id: id) }
    }

    func events(of key: SessionKey, in scope: Scope, after sequence: Int64, limit: Int) -> [RecordedEvent] {
        guard let session = session(key, in: scope), sequence < session.head else { return [] }
        let following = session.events.dropFirst(Int(max(sequence, 0))).prefix(limit)
        return Array(following.prefix(Self.pageCount(following)))
    }

    func sessions(_ query: SessionQuery, in scope: Scope) -> [SessionIdentity] {
        let matching = sessions.values.filter { session in
            let isStatus =
                switch query.status {
                case nil: true
                case .quarantined?: session.quarantine != nil
                case let status?: session.summary.status == status
                }
            return session.identity.scope == scope && isStatus
                && (query.agent.map { $0 == session.summary.agent } ?? true)
                && (query.before.map { session.identity.key < $0 } ?? true)
        }
        return Array(matching.map(\.identity).sorted { $0.key > $1.key }.prefix(query.limit))
    }

    func requests(_ query: RequestQuery, in scope: Scope) -> [RequestRecord] {
        let order = requestOrder[scope] ?? []
        var end = order.count
        if let before = query.before {
            // One that was retired since is in the order no more: what follows it was made before it.
            let index =
                requests[before] == nil
                ? order.lastIndex { $0 < before }.map { $0 + 1 } : order.firstIndex(of: before)
            guard let index else { return [] }
            end = index
        }
        let matching = order[..<end].reversed().lazy.compactMap { id in requests[id] }.filter { row in
            (query.status.map { $0 == row.status } ?? true) && (query.type.map { $0 == row.type } ?? true)
                && (query.session.map { $0 == row.session } ?? true)
        }
        return matching.prefix(query.limit).compactMap { request($0.id, in: scope) }
    }

    func request(_ id: RequestID, in scope: Scope) -> RequestRecord? {
        guard let row = requests[id], let session = session(row.session, in: scope) else { return nil }
        return RequestRecord(
            id: id, session: session.identity, type: row.type, status: row.status,
            opened: session.events[Int(row.openedAt) - 1].data,
            closed: row.closedAt.map { session.events[Int($0) - 1] })
    }

    func secrets(of request: RequestID, in scope: Scope) -> [SealedSecret] {
        guard let row = requests[request], let session = session(row.session, in: scope) else { return [] }
        return session.secrets.filter { $0.handle.request == request }
    }

    func feed(in scope: Scope, after position: FeedPosition, limit: Int) -> [FeedItem] {
        let following = feed(of: scope).drop { $0.position <= position }.prefix(limit)
        return Array(following.prefix(Self.pageCount(following.map(\.event))))
    }

    /// How many of the events a page takes before its bytes are full.
    private static func pageCount(_ events: some Collection<RecordedEvent>) -> Int {
        var bytes = 0
        var count = 0
        for event in events where bytes < JournalPage.bytes {
            bytes += event.data.count
            count += 1
        }
        return count
    }

    func feedBounds(in scope: Scope) -> FeedBounds {
        let oldest = feedStarts[scope] ?? .start
        return FeedBounds(oldest: oldest, head: max(oldest, feeds[scope]?.last?.position ?? .start))
    }

    func heads(of references: [SessionReference]) -> [SessionKey: Int64] {
        Dictionary(
            references.compactMap { reference in
                session(reference.key, in: reference.scope).map { (reference.key, $0.head) }
            }, uniquingKeysWith: { first, _ in first })
    }

    func deadlines(
        shards: [Shard], from: Timestamp, until: Timestamp, after last: SessionKey?, limit: Int
    ) -> [SessionDeadline] {
        let wanted = Set(shards)
        let due = sessions.values.compactMap { session -> SessionDeadline? in
            guard let wakeAt = session.summary.wakeAt, session.quarantine == nil,
                wanted.contains(session.identity.key.shard), wakeAt >= from, wakeAt <= until
            else { return nil }
            if let last, wakeAt == from, session.identity.key <= last { return nil }
            return SessionDeadline(identity: session.identity, wakeAt: wakeAt)
        }
        return Array(due.sorted { ($0.wakeAt, $0.identity.key) < ($1.wakeAt, $1.identity.key) }.prefix(limit))
    }
}
