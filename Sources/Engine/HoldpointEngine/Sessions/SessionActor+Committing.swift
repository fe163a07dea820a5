import HoldpointCore
import HoldpointPorts

/// What a decision will change, worked out before anything is written.
final class PreparedChange: Sendable {
    let events: [any SessionEvent]
    let recorded: [RecordedEvent]
    let state: SessionState
    let commit: SessionCommit

    init(events: [any SessionEvent], recorded: [RecordedEvent], state: SessionState, commit: SessionCommit) {
        self.events = events
        self.recorded = recorded
        self.state = state
        self.commit = commit
    }
}

extension SessionActor {
    /// Works out what a draft changes beside the log itself.
    func prepare(
        _ draft: ChangeDraft, of envelope: CommandEnvelope, reply: CommandReply, now: Timestamp
    ) -> PreparedChange {
        let next = draft.state
        let commit = SessionCommit(
            identity: identity, fence: Fence(shard: identity.key.shard, epoch: 0, generation: 0),
            expectedHead: state.sequence, events: draft.recorded, summary: summary(of: next),
            requests: changes(by: draft), snapshot: snapshot(of: next, chain: draft.chain, adding: draft.recorded),
            secrets: draft.events.isEmpty ? [] : envelope.command.sealedSecrets,
            destroysSecrets: next.ending != nil && state.ending == nil,
            decided: envelope.stored.map { DecidedCommand(id: $0, outcome: .applied(reply)) },
            idempotency: envelope.idempotency.map { claim in
                IdempotencyRecord(
                    key: claim.key, fingerprint: claim.fingerprint, reply: reply, session: identity, createdAt: now)
            },
            sends: stored(
                state.outgoing(of: draft.events, to: next) + envelope.command.outgoing(from: state, after: nil),
                at: now),
            policy: state.policyVersion(judging: draft.events), counters: counterChanges(of: draft, at: now))
        return PreparedChange(events: draft.events, recorded: draft.recorded, state: next, commit: commit)
    }

    /// What a draft's events change in the counters of the policy.
    func counterChanges(of draft: ChangeDraft, at now: Timestamp) -> [CounterChange] {
        state.counterChanges(of: draft.events, to: draft.state, revisions: draft.policy.revisions, at: now)
    }

    /// Commands for other sessions, as they are stored.
    func stored(_ outgoing: [OutgoingCommand], at now: Timestamp) -> [StoredCommand] {
        if outgoing.isEmpty { return [] }
        let codec = StoredCommandCodec(secretBox: services.ports.secretBox)
        return outgoing.map { outgoing in
            let id = StoredCommandID(Identifier128(time: now, random: services.ports.entropy.random128()))
            return codec.seal(outgoing.command, as: id, for: outgoing.session, idempotency: nil, receivedAt: now)
        }
    }

    /// Commits, then applies, then tells: in that order (I1).
    func commit(
        _ change: PreparedChange, of envelope: CommandEnvelope, reply: CommandReply
    ) async throws(SessionFailure) -> CommandOutcome {
        let before = state
        let needsWriting = !change.events.isEmpty || envelope.stored != nil || envelope.idempotency != nil
        guard needsWriting else { return .applied(applied(reply, before: before, events: [])) }
        let fence = if let fence { fence } else { try await currentFence() }
        let outbox = try await outbox(of: change.recorded)
        let commit = change.commit.fenced(by: fence, telling: outbox)
        if case .told(let outcome) = try await append(commit, of: envelope) { return outcome }
        take(change)
        await announce(outbox)
        // While there is work to do the store has another deadline, so the horizon may have passed over a timer.
        if state.timerAt != before.timerAt || state.wakeAt != before.wakeAt {
            await services.deadlines.arm(identity.reference, at: state.timerAt)
        }
        return .applied(applied(reply, before: before, events: change.events))
    }

    /// What became of an append.
    enum Landing {
        /// It is in the log.
        case made
        /// It is not, and this is what to tell the caller instead.
        case told(CommandOutcome)
    }

    /// Appends to the log, under a newer fence if that is what was wrong.
    func append(_ commit: SessionCommit, of envelope: CommandEnvelope) async throws(SessionFailure) -> Landing {
        do {
            try await withTaskExecutorPreference(services.ports.executors.continuations) {
                () throws(JournalError) in _ = try await services.ports.journal.commit(commit)
            }
            return .made
        } catch .fenced {
            forgetFence()
            // Another session's doubt may have raised the shard's generation while this commit was on its way.
            guard let fence = await fenceAfter(commit.fence) else {
                // Those who wait for a turn must not go on here: whoever owns the shard has another actor.
                standing = .retired
                throw .notOwner
            }
            return try await append(commit.fenced(by: fence), of: envelope)
        } catch {
            return try await recover(from: error, of: commit, envelope: envelope)
        }
    }

    private func recover(
        from error: JournalError, of commit: SessionCommit, envelope: CommandEnvelope
    ) async throws(SessionFailure) -> Landing {
        switch error {
        case .inDoubt(let detail):
            standing = .lost
            doubted = commit.fence
            forgetFence()
            await services.counters.countDoubt()
            let isMade = try await wasMade(commit, detail: detail)
            standing = .sound
            doubted = nil
            guard isMade else { throw .unavailable(detail) }
            return .made
        case .idempotencyKeyUsed(let record):
            guard let claim = envelope.idempotency else { throw SessionFailure(error) }
            return .told(try replayed(record, claim: claim))
        case .alreadyDecided(let outcome):
            return .told(told(outcome))
        case .quarantined:
            standing = .lost
            return .told(.rejected(Rejection(.sessionQuarantined, "the session is quarantined")))
        case .sessionDeleted:
            let deleted = Rejection(.sessionDeleted, "the id is that of a session that was deleted")
            return .told(try await settle(.rejected(deleted), of: envelope))
        case .conflict, .fenced:
            standing = .lost
            throw SessionFailure(error)
        case .outdated: throw .outdated
        case .unavailable, .overloaded, .sessionExists, .refused, .corrupt:
            throw SessionFailure(error)
        }
    }

    /// The outcome that a stored command has already, for a caller who brings it again.
    func told(_ outcome: StoredOutcome) -> CommandOutcome {
        switch outcome {
        case .applied(let reply): .applied(applied(reply, before: state, events: []))
        case .refused(let rejection): .rejected(rejection)
        case .dead(let reason): .dead(reason)
        }
    }

    /// Makes a committed change the session's state, and tells those who wait for it.
    private func take(_ change: PreparedChange) {
        defer { deliver(change.commit.sends) }
        guard let last = change.recorded.last else { return }
        state = change.state
        judgePermits()
        chain = last.chain
        if let snapshot = change.commit.snapshot {
            snapshotSequence = snapshot.sequence
            bytesSinceSnapshot = 0
        } else {
            bytesSinceSnapshot += change.recorded.reduce(0) { $0 + $1.data.count }
        }
        services.ports.streams.ring(
            Doorbell(
                session: identity, head: last.sequence, events: change.recorded,
                isOnFeed: change.recorded.contains(where: \.isOnFeed)))
    }

    /// Hurries commands to the sessions that they are for; they are committed.
    func deliver(_ sends: [StoredCommand]) {
        for command in sends {
            services.ports.streams.deliver(
                CommandDelivery(command: command.id, session: command.session, isAnswer: command.isAnswer))
        }
    }

    func summary(of state: SessionState) -> SessionSummary {
        SessionSummary(
            status: state.status, wakeAt: state.wakeAt, agent: state.agent, createdAt: state.createdAt,
            updatedAt: state.updatedAt)
    }

    /// The requests that a draft's events open and close; one that the policy answers at once does both.
    private func changes(by draft: ChangeDraft) -> [RequestChange] {
        let recent = draft.state.closedRequests.reversed().prefix { $0.sequence > state.sequence }.reversed()
        var closed = Dictionary(recent.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        var changes: [RequestChange] = []
        for (event, recorded) in zip(draft.events, draft.recorded) {
            guard let request = (event as? RequestOpened)?.request else { continue }
            let closing = closed.removeValue(forKey: request.id)
            changes.append(
                RequestChange(
                    id: request.id, type: request.type, status: closing?.status ?? .pending,
                    openedAt: recorded.sequence, closedAt: closing?.sequence))
        }
        for closing in recent where closed[closing.id] != nil {
            guard let open = state.openRequest(closing.id) else { continue }
            changes.append(
                RequestChange(
                    id: closing.id, type: open.request.type, status: closing.status, openedAt: nil,
                    closedAt: closing.sequence))
        }
        return changes
    }

    private func snapshot(of next: SessionState, chain: Digest, adding recorded: [RecordedEvent]) -> Snapshot? {
        let bytes = recorded.reduce(bytesSinceSnapshot) { $0 + $1.data.count }
        let policy = services.configuration.snapshotPolicy
        guard !recorded.isEmpty,
            policy.isDue(next, after: state.sequence, since: snapshotSequence, bytes: bytes)
        else { return nil }
        let encoded = SnapshotCodec.encode(next)
        return Snapshot(
            codec: SnapshotCodec.version, sequence: next.sequence, chain: chain,
            digest: services.ports.hasher.sha256(encoded), state: encoded)
    }
}
