package import HoldpointCore
package import HoldpointPorts

/// The tables of a store as one value: every change is a method that either does all of it or throws.
///
/// A copy of it is the truth at a moment, which is what checkers look at.
package struct MemoryStore: Sendable {
    /// A session and its log.
    package struct Session: Sendable {
        /// Which session.
        package let identity: SessionIdentity
        /// The whole log.
        package internal(set) var events: [RecordedEvent] = []
        /// The fence that stood in the store when each event was written, whatever its writer named.
        package internal(set) var fences: [Fence] = []
        /// Its row in lists.
        package internal(set) var summary: SessionSummary
        /// The latest snapshot.
        package internal(set) var snapshot: Snapshot?
        /// Sealed values of its answers.
        package internal(set) var secrets: [SealedSecret] = []
        /// Why it is quarantined, if it is.
        package internal(set) var quarantine: String?

        /// The number of its last event.
        package var head: Int64 { Int64(events.count) }
    }

    /// A request's row.
    struct Request: Sendable {
        let id: RequestID
        let session: SessionKey
        let type: RequestType
        var status: RequestStatus
        let openedAt: Int64
        var closedAt: Int64?
    }

    /// A stored command's row.
    package struct Inbox: Sendable {
        /// The command, with its attempts.
        package internal(set) var command: StoredCommand
        /// What became of it.
        package internal(set) var outcome: StoredOutcome?
    }

    /// What is left of a session that was retired.
    package struct Tombstone: Sendable, Equatable {
        /// Its internal key.
        package let key: SessionKey
        /// When it was retired.
        package let retiredAt: Timestamp
    }

    /// All sessions, by key.
    package internal(set) var sessions: [SessionKey: Session] = [:]
    /// All stored commands, by id.
    package internal(set) var inbox: [StoredCommandID: Inbox] = [:]

    var names: [Scope: [SessionID: SessionKey]] = [:]
    var requests: [RequestID: Request] = [:]
    /// The requests of a project, oldest first.
    var requestOrder: [Scope: [RequestID]] = [:]
    var idempotency: [Scope: [String: IdempotencyRecord]] = [:]
    var feeds: [Scope: [FeedItem]] = [:]
    /// From where on a project's feed is whole, once sessions were retired.
    var feedStarts: [Scope: FeedPosition] = [:]
    /// The sessions that were retired: what is left of each.
    package internal(set) var tombstones: [Scope: [SessionID: Tombstone]] = [:]
    var audits: [Scope: Audit] = [:]
    var archives: [Scope: [SessionID: [UInt8]]] = [:]
    /// Numbers the changes; those of commits are the first part of a feed position.
    package internal(set) var lastTransaction: Int64 = 0

    var fences: [Fence] = Shard.all.map { Fence(shard: $0, epoch: 0, generation: 0) }
    /// Whether a life has begun and not ended cleanly.
    var isTakenUp = false
    /// The life that took the store up last.
    var node: NodeRecord?
    /// The nodes that share the store, if they do.
    var leases: [NodeName: Lease] = [:]
    /// Who owns each shard, where nodes share the store; nil if nobody does.
    var owners: [Owner?] = Shard.all.map { _ in nil }
    /// Whether each shard's owner before died.
    var followsDeath: [Bool] = Shard.all.map { _ in false }
    var groups: [RecoveryGroup] = []

    var tenants: Set<TenantName> = []
    var projects: Set<Scope> = []
    var keys: [String: KeyRecord] = [:]
    var users: [Scope: [UserID: UserRecord]] = [:]
    var projectSecrets: [Scope: [SecretName: ProjectSecret]] = [:]
    /// Each policy's versions, the oldest first.
    var policies: [Scope: [PolicyRecord]] = [:]
    var counters: [Scope: [CounterKey: Counter]] = [:]
    var webhooks: [Scope: WebhookRecord] = [:]
    var outbox: [DeliveryID: Delivery] = [:]
    /// The place of the delivery that was made last.
    var lastDelivery: Int64 = 0
    /// Each agent's versions, the oldest first.
    var agents: [Scope: [AgentName: [AgentRecord]]] = [:]
    var retentions: [Scope: RetentionPolicy] = [:]

    package init() {}

    /// The session by that key, if it is of that scope (I5).
    package func session(_ key: SessionKey, in scope: Scope) -> Session? {
        sessions[key].flatMap { $0.identity.scope == scope ? $0 : nil }
    }

    /// Every session's key, in order.
    package var sessionKeys: [SessionKey] { sessions.keys.sorted() }

    /// Every stored command's id, in order.
    package var inboxIDs: [StoredCommandID] { inbox.keys.sorted() }

    /// The session that a project knows by that id.
    package func session(named id: SessionID, in scope: Scope) -> Session? {
        names[scope]?[id].flatMap { sessions[$0] }
    }

    /// How many shards have an owner, where nodes share the store.
    package var ownedShards: Int { owners.reduce(0) { $0 + ($1 == nil ? 0 : 1) } }

    /// How many deliveries to webhooks there are, those of webhooks that are gone among them.
    package var deliveryCount: Int { outbox.count }

    /// A project's feed, in order.
    package func feed(of scope: Scope) -> [FeedItem] { feeds[scope] ?? [] }
}
