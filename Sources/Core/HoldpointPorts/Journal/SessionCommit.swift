package import HoldpointCore

/// One event as it is stored: its data encoded once, chained to the one before.
package struct RecordedEvent: Sendable, Equatable {
    /// 1, 2, 3 … densely within the session.
    package let sequence: Int64
    /// When it was recorded.
    package let time: Timestamp
    /// The type on the wire.
    package let type: EventType
    /// The event's data: JSON text.
    package let data: [UInt8]
    /// The chain value after this event.
    package let chain: Digest
    /// Whether a project's watchers see it.
    package let isOnFeed: Bool

    package init(
        sequence: Int64, time: Timestamp, type: EventType, data: [UInt8], chain: Digest, isOnFeed: Bool
    ) {
        self.sequence = sequence
        self.time = time
        self.type = type
        self.data = data
        self.chain = chain
        self.isOnFeed = isOnFeed
    }
}

/// Everything that one accepted command changes, committed in one transaction or not at all (I1).
///
/// Large and passed through many hands, so it is shared rather than copied.
package final class SessionCommit: Sendable {
    /// Which session.
    package let identity: SessionIdentity
    /// The right to write it.
    package let fence: Fence
    /// The number of the session's last event before this commit; 0 makes the session.
    package let expectedHead: Int64
    /// The events, numbered from `expectedHead + 1`; may be empty when only `decided` or `idempotency`
    /// is written: then the session's row is left as it is, and need not exist.
    package let events: [RecordedEvent]
    /// The session's row in lists, as it is after the events.
    package let summary: SessionSummary
    /// Requests that the events opened or closed.
    package let requests: [RequestChange]
    /// The state after the events, when it is due.
    package let snapshot: Snapshot?
    /// Sealed values that the events' handles name.
    package let secrets: [SealedSecret]
    /// Whether all sealed values of the session are destroyed: its end.
    package let destroysSecrets: Bool
    /// The stored command that this commit decides, with its outcome.
    package let decided: DecidedCommand?
    /// The caller's key against repetition.
    package let idempotency: IdempotencyRecord?
    /// Stored commands for other sessions of the same scope, at most `maximumSends`.
    ///
    /// They are inserted into the inbox in the same transaction; one whose id is there already is left as it is.
    package let sends: [StoredCommand]
    /// The version of the project's policy by which calls of these events were judged.
    ///
    /// 0 where there was none; nil if none was judged. The commit is refused as `outdated` if the project has another
    /// one by now and nothing else speaks against the commit.
    package let policy: Int64?
    /// What the events change in the counters of that policy; a `reserve` whose revision is not the counter's any more
    /// refuses the commit as `outdated`.
    package let counters: [CounterChange]
    /// Events of which the project's webhook is to be told; deliveries of them are made in the same transaction.
    package let outbox: [OutboxEntry]

    package init(
        identity: SessionIdentity, fence: Fence, expectedHead: Int64, events: [RecordedEvent],
        summary: SessionSummary, requests: [RequestChange] = [], snapshot: Snapshot? = nil,
        secrets: [SealedSecret] = [], destroysSecrets: Bool = false, decided: DecidedCommand? = nil,
        idempotency: IdempotencyRecord? = nil, sends: [StoredCommand] = [], policy: Int64? = nil,
        counters: [CounterChange] = [], outbox: [OutboxEntry] = []
    ) {
        self.identity = identity
        self.fence = fence
        self.expectedHead = expectedHead
        self.events = events
        self.summary = summary
        self.requests = requests
        self.snapshot = snapshot
        self.secrets = secrets
        self.destroysSecrets = destroysSecrets
        self.decided = decided
        self.idempotency = idempotency
        self.sends = sends
        self.policy = policy
        self.counters = counters
        self.outbox = outbox
    }

    /// The same commit under a fence.
    package func fenced(by fence: Fence) -> SessionCommit { fenced(by: fence, telling: outbox) }

    /// The same commit under a fence, and with these events for the project's webhook.
    package func fenced(by fence: Fence, telling outbox: [OutboxEntry]) -> SessionCommit {
        SessionCommit(
            identity: identity, fence: fence, expectedHead: expectedHead, events: events, summary: summary,
            requests: requests, snapshot: snapshot, secrets: secrets, destroysSecrets: destroysSecrets,
            decided: decided, idempotency: idempotency, sends: sends, policy: policy, counters: counters,
            outbox: outbox)
    }

    /// Stored commands that one commit may send; a store refuses more.
    package static let maximumSends = 1_024

    /// Why a store must refuse `sends`, whatever it holds: too many, or one for a session of another scope (I5).
    package var refusalOfSends: JournalError? {
        if sends.count > Self.maximumSends {
            return .refused("a commit sends at most \(Self.maximumSends) commands, not \(sends.count)")
        }
        if let foreign = sends.first(where: { $0.session.scope != identity.scope }) {
            return .refused("the command \(foreign.id) is for a session of another project")
        }
        return nil
    }
}

/// What lists and timers need of a session without folding it.
package struct SessionSummary: Sendable, Equatable {
    /// Where it stands, quarantine aside.
    package let status: SessionStatus
    /// The next deadline, if any.
    package let wakeAt: Timestamp?
    /// The agent it runs; nil before the session's first event.
    package let agent: AgentName?
    /// When it started.
    package let createdAt: Timestamp
    /// When it last changed.
    package let updatedAt: Timestamp

    package init(
        status: SessionStatus, wakeAt: Timestamp?, agent: AgentName?, createdAt: Timestamp, updatedAt: Timestamp
    ) {
        self.status = status
        self.wakeAt = wakeAt
        self.agent = agent
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }
}

/// A change of the request projection: the documents themselves are in the events named here.
package struct RequestChange: Sendable, Equatable {
    /// Which request.
    package let id: RequestID
    /// Its type.
    package let type: RequestType
    /// Its status after the commit.
    package let status: RequestStatus
    /// The event that opened it, when this commit does; nil when it only closes it.
    package let openedAt: Int64?
    /// The event that closed it, when this commit does.
    package let closedAt: Int64?

    package init(id: RequestID, type: RequestType, status: RequestStatus, openedAt: Int64?, closedAt: Int64?) {
        self.id = id
        self.type = type
        self.status = status
        self.openedAt = openedAt
        self.closedAt = closedAt
    }
}

/// The state of a session at an event, for rebuilding it without the whole log.
package struct Snapshot: Sendable, Equatable {
    /// The version of the codec that wrote `state`.
    package let codec: Int64
    /// The number of the last event in it.
    package let sequence: Int64
    /// The chain value after that event.
    package let chain: Digest
    /// SHA-256 of `state`.
    package let digest: Digest
    /// The encoded state.
    package let state: [UInt8]

    package init(codec: Int64, sequence: Int64, chain: Digest, digest: Digest, state: [UInt8]) {
        self.codec = codec
        self.sequence = sequence
        self.chain = chain
        self.digest = digest
        self.state = state
    }
}

/// What a commit brought about.
package struct CommitReceipt: Sendable, Equatable {
    /// The feed position of the last event on the feed, if there was one.
    package let feedPosition: FeedPosition?

    package init(feedPosition: FeedPosition?) {
        self.feedPosition = feedPosition
    }
}
