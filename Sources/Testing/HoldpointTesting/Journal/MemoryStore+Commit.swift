import HoldpointCore
package import HoldpointPorts

extension MemoryStore {
    /// Appends and projects, or throws and has changed nothing.
    package mutating func commit(_ commit: SessionCommit) throws(JournalError) -> CommitReceipt {
        try check(commit)
        let key = commit.identity.key
        lastTransaction += 1
        if sessions[key] == nil, !commit.events.isEmpty {
            names[commit.identity.scope, default: [:]][commit.identity.id] = key
        }
        if !commit.events.isEmpty || sessions[key] != nil {
            var session =
                sessions.removeValue(forKey: key) ?? Session(identity: commit.identity, summary: commit.summary)
            session.events += commit.events
            session.fences += commit.events.map { _ in fences[Int(key.shard.number)] }
            session.summary = commit.summary
            if let snapshot = commit.snapshot, snapshot.sequence > session.snapshot?.sequence ?? 0 {
                session.snapshot = snapshot
            }
            session.secrets = commit.destroysSecrets ? [] : session.secrets + commit.secrets
            sessions[key] = session
        }
        project(commit)
        count(commit.counters, in: commit.identity.scope)
        announce(commit)
        if let decided = commit.decided { settle(decided) }
        for command in commit.sends where inbox[command.id] == nil { inbox[command.id] = Inbox(command: command) }
        if let record = commit.idempotency { idempotency[commit.identity.scope, default: [:]][record.key] = record }
        return CommitReceipt(feedPosition: appendToFeed(commit))
    }

    private func check(_ commit: SessionCommit) throws(JournalError) {
        let scope = commit.identity.scope
        guard commit.fence == fences[Int(commit.identity.key.shard.number)] else { throw .fenced }
        if let record = commit.idempotency.flatMap({ idempotency[scope]?[$0.key] }) {
            throw .idempotencyKeyUsed(record)
        }
        if let decided = commit.decided {
            guard let row = inbox[decided.id], row.command.session.scope == scope else {
                throw .refused("there is no stored command \(decided.id)")
            }
            if let outcome = row.outcome { throw .alreadyDecided(outcome) }
        }
        let session = sessions[commit.identity.key]
        if let session, session.identity != commit.identity { throw .refused("the key belongs to another session") }
        if session?.quarantine != nil { throw .quarantined }
        guard session?.head ?? 0 == commit.expectedHead else { throw .conflict(head: session?.head ?? 0) }
        if session == nil, let other = names[scope]?[commit.identity.id], !commit.events.isEmpty {
            throw .sessionExists(other)
        }
        if session == nil, tombstones[scope]?[commit.identity.id] != nil, !commit.events.isEmpty {
            throw .sessionDeleted
        }
        var head = commit.expectedHead
        for event in commit.events {
            head += 1
            guard event.sequence == head else { throw .refused("event \(event.sequence) is not number \(head)") }
        }
        if let snapshot = commit.snapshot, snapshot.sequence > head {
            throw .refused("the snapshot is ahead of the log")
        }
        try checkRequests(commit)
        try checkSends(commit)
        if isOutdated(commit) { throw .outdated }
    }

    private func checkSends(_ commit: SessionCommit) throws(JournalError) {
        if let refusal = commit.refusalOfSends { throw refusal }
        for command in commit.sends {
            if let known = inbox[command.id], known.command.session != command.session {
                throw .refused("stored command \(command.id) is for another session")
            }
        }
    }

    private func checkRequests(_ commit: SessionCommit) throws(JournalError) {
        for change in commit.requests {
            let isKnown = requests[change.id].map { $0.session == commit.identity.key }
            if change.openedAt == nil, isKnown != true { throw .refused("there is no request \(change.id)") }
            if change.openedAt != nil, isKnown != nil { throw .refused("request \(change.id) was opened before") }
        }
    }

    private mutating func project(_ commit: SessionCommit) {
        for change in commit.requests {
            if let openedAt = change.openedAt {
                requests[change.id] = Request(
                    id: change.id, session: commit.identity.key, type: change.type, status: change.status,
                    openedAt: openedAt, closedAt: change.closedAt)
                requestOrder[commit.identity.scope, default: []].append(change.id)
            } else {
                requests[change.id]?.status = change.status
                requests[change.id]?.closedAt = change.closedAt
            }
        }
    }

    private mutating func appendToFeed(_ commit: SessionCommit) -> FeedPosition? {
        var position: FeedPosition?
        for (index, event) in commit.events.enumerated() where event.isOnFeed {
            let next = FeedPosition(transaction: lastTransaction, index: Int64(index))
            feeds[commit.identity.scope, default: []].append(
                FeedItem(position: next, session: commit.identity, event: event))
            position = next
        }
        return position
    }
}
