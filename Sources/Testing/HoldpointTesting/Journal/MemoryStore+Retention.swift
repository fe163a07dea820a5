import HoldpointCore
import HoldpointPorts

extension MemoryStore {
    mutating func setRetention(_ policy: RetentionPolicy?, of scope: Scope) -> Bool {
        guard projects.contains(scope) else { return false }
        lastTransaction += 1
        retentions[scope] = policy
        return true
    }

    func retentions(after scope: Scope?, limit: Int) -> [ProjectRetention] {
        func place(_ scope: Scope) -> (String, String) { (scope.tenant.text, scope.project.text) }
        let found = retentions.filter { candidate in scope.map { place(candidate.key) > place($0) } ?? true }
        return found.sorted { place($0.key) < place($1.key) }.prefix(limit).map { scope, policy in
            ProjectRetention(scope: scope, policy: policy)
        }
    }

    func endedSessions(
        in scope: Scope, shards: [Shard], before time: Timestamp, after last: EndedSession?, limit: Int
    ) -> [EndedSession] {
        let wanted = Set(shards)
        let found = sessions.values.filter { session in
            session.identity.scope == scope && wanted.contains(session.identity.key.shard)
                && session.summary.status.isFinal && session.summary.updatedAt < time
        }.map { EndedSession(identity: $0.identity, endedAt: $0.summary.updatedAt) }
        func place(_ session: EndedSession) -> (Timestamp, SessionKey) { (session.endedAt, session.identity.key) }
        let following = found.filter { session in last.map { place(session) > place($0) } ?? true }
        return Array(following.sorted { place($0) < place($1) }.prefix(limit))
    }

    /// Retires sessions, or throws and has changed nothing.
    mutating func retire(_ retirement: Retirement) throws(JournalError) -> RetiredPage {
        if let refusal = retirement.refusal { throw refusal }
        guard retirement.fences.allSatisfy({ $0 == fences[Int($0.shard.number)] }) else { throw .fenced }
        var retired: [SessionKey] = []
        var bytes = 0
        for (index, key) in retirement.sessions.enumerated() {
            if bytes >= RetentionLimits.bytes {
                return RetiredPage(retired: retired, left: Array(retirement.sessions[index...]))
            }
            guard let session = session(key, in: retirement.scope), session.summary.status.isFinal,
                session.summary.updatedAt < retirement.endedBefore,
                undecided(of: key, in: retirement.scope, limit: 1).isEmpty, isAudited(session)
            else { continue }
            bytes += session.events.reduce(0) { $0 + $1.data.count }
            if retirement.mode == .archive {
                archives[retirement.scope, default: [:]][session.identity.id] = ArchivedLog.encode(session.events)
            }
            remove(session, at: retirement.at)
            retired.append(key)
        }
        return RetiredPage(retired: retired, left: [])
    }

    private mutating func remove(_ session: Session, at time: Timestamp) {
        let (scope, key) = (session.identity.scope, session.identity.key)
        lastTransaction += 1
        if let last = feed(of: scope).last(where: { $0.session.key == key })?.position {
            feedStarts[scope] = max(feedStarts[scope] ?? .start, last)
        }
        feeds[scope]?.removeAll { $0.session.key == key }
        let gone = requests.values.filter { $0.session == key }.map(\.id)
        for id in gone { requests[id] = nil }
        requestOrder[scope]?.removeAll { gone.contains($0) }
        inbox = inbox.filter { $0.value.command.session.key != key }
        idempotency[scope] = idempotency[scope]?.filter { $0.value.session.key != key }
        outbox = outbox.filter { $0.key.session != key }
        names[scope]?[session.identity.id] = nil
        sessions[key] = nil
        tombstones[scope, default: [:]][session.identity.id] = Tombstone(key: key, retiredAt: time)
    }

    func archive(of id: SessionID, in scope: Scope, page: Int) -> ArchivePage? {
        guard let log = archives[scope]?[id], let tombstone = tombstones[scope]?[id] else { return nil }
        let pages = ArchivedLog.pages(log)
        guard pages.indices.contains(page) else { return nil }
        return ArchivePage(key: tombstone.key, retiredAt: tombstone.retiredAt, bytes: Array(pages[page]))
    }

    func archivedSessions(in scope: Scope, after id: SessionID?, limit: Int) -> [SessionID] {
        let found = (archives[scope] ?? [:]).keys.filter { candidate in id.map { candidate.text > $0.text } ?? true }
        return Array(found.sorted { $0.text < $1.text }.prefix(limit))
    }
}
