package import HoldpointCore

/// What projects' webhooks are still to be told of, and what became of it.
///
/// A delivery is made by the commit of its event (`SessionCommit.outbox`, I1) and belongs to the session's shard: only
/// the shard's owner attempts it and says what came of that.
package protocol Outbox: Sendable {
    /// Deliveries that are due in the shards, of webhooks that are enabled: some of each project, so that one of which
    /// many wait keeps none from its turn; projects in an order of the store's own in which `last` came last.
    ///
    /// - Parameter page: how many projects, and how many deliveries of each, the first due first.
    func dueDeliveries(
        in shards: [Shard], at time: Timestamp, after last: Scope?, page: DuePage
    ) async throws(JournalError) -> [DueDelivery]

    /// Those of one project, the first due first.
    func dueDeliveries(
        of scope: Scope, in shards: [Shard], at time: Timestamp, limit: Int
    ) async throws(JournalError) -> [DueDelivery]

    /// Writes how far a pending delivery is after an attempt; false if it is not there or not pending any more.
    ///
    /// - Throws: `fenced` if the fence is stale; then nothing was changed (I2).
    func settle(_ settlement: DeliverySettlement) async throws(JournalError) -> Bool

    /// A page of the deliveries of the project's present webhook, the newest first.
    func deliveries(_ query: DeliveryQuery, in scope: Scope) async throws(JournalError) -> [DeliveryRecord]

    /// Makes a delivery pending and due, from the beginning of the schedule; nil if the project's present webhook has
    /// none of that id.
    func redeliver(
        _ id: DeliveryID, in scope: Scope, at time: Timestamp
    ) async throws(JournalError) -> DeliveryRecord?

    /// Deletes deliveries of the shards that are to be forgotten by then, and those of webhooks that are there no more,
    /// at most so many; returns how many it deleted.
    func clearDeliveries(in shards: [Shard], at time: Timestamp, limit: Int) async throws(JournalError) -> Int

    /// How many deliveries of the shards wait or have failed.
    func outboxStatus(of shards: [Shard]) async throws(JournalError) -> OutboxStatus
}

/// An event of which a commit makes a delivery.
package struct OutboxEntry: Sendable, Equatable {
    /// The webhook that wants to be told; if it is there no more, or not enabled, nothing is kept.
    package let webhook: WebhookID
    /// The event's number.
    package let sequence: Int64
    /// Its type.
    package let type: EventType
    /// When it was recorded; the first attempt is due from then on.
    package let time: Timestamp

    package init(webhook: WebhookID, sequence: Int64, type: EventType, time: Timestamp) {
        self.webhook = webhook
        self.sequence = sequence
        self.type = type
        self.time = time
    }
}

/// How much a page of what is due has at most.
package struct DuePage: Sendable {
    /// Projects.
    package let projects: Int
    /// Deliveries of each.
    package let perProject: Int

    package init(projects: Int, perProject: Int) {
        self.projects = projects
        self.perProject = perProject
    }
}

/// A delivery that is due.
package struct DueDelivery: Sendable, Equatable {
    /// The webhook that it is for.
    package let webhook: WebhookID
    /// The session whose event it tells of.
    package let session: SessionIdentity
    /// The event's number.
    package let sequence: Int64
    /// How far it is.
    package let state: DeliveryState

    package init(webhook: WebhookID, session: SessionIdentity, sequence: Int64, state: DeliveryState) {
        self.webhook = webhook
        self.session = session
        self.sequence = sequence
        self.state = state
    }

    /// Its name.
    package var id: DeliveryID { DeliveryID(session: session.key, sequence: sequence) }
}

/// What is written after an attempt.
package struct DeliverySettlement: Sendable, Equatable {
    /// Tenant and project.
    package let scope: Scope
    /// Which delivery.
    package let id: DeliveryID
    /// How far it is now.
    package let state: DeliveryState
    /// The right to say so.
    package let fence: Fence

    package init(scope: Scope, id: DeliveryID, state: DeliveryState, fence: Fence) {
        self.scope = scope
        self.id = id
        self.state = state
        self.fence = fence
    }
}

/// Which deliveries to list.
package struct DeliveryQuery: Sendable, Equatable {
    /// Only those that stand there.
    package var status: DeliveryState.Status?
    /// Only those whose place is before this one.
    package var before: Int64?
    /// At most so many.
    package var limit: Int

    package init(status: DeliveryState.Status? = nil, before: Int64? = nil, limit: Int) {
        self.status = status
        self.before = before
        self.limit = limit
    }
}

/// A delivery as lists show it.
package struct DeliveryRecord: Sendable, Equatable {
    /// Its place in lists: greater numbers are newer.
    package let place: Int64
    /// The session whose event it tells of.
    package let session: SessionIdentity
    /// The event's number.
    package let sequence: Int64
    /// The event's type.
    package let type: EventType
    /// When the event was recorded.
    package let createdAt: Timestamp
    /// How far it is.
    package let state: DeliveryState

    package init(
        place: Int64, session: SessionIdentity, sequence: Int64, type: EventType, createdAt: Timestamp,
        state: DeliveryState
    ) {
        self.place = place
        self.session = session
        self.sequence = sequence
        self.type = type
        self.createdAt = createdAt
        self.state = state
    }

    /// Its name.
    package var id: DeliveryID { DeliveryID(session: session.key, sequence: sequence) }
}

/// How the outbox stands, for operators.
package struct OutboxStatus: Sendable, Equatable {
    /// Deliveries that wait for their next attempt, those of webhooks that are not enabled among them.
    package let pending: Int64
    /// Deliveries that have failed and can be asked for again.
    package let failed: Int64
    /// When the oldest event was recorded of which a delivery waits; nil if none does.
    package let oldestPending: Timestamp?

    package init(pending: Int64, failed: Int64, oldestPending: Timestamp?) {
        self.pending = pending
        self.failed = failed
        self.oldestPending = oldestPending
    }
}

extension DeliveryState.Status: RowCoded {
    /// The number in `outbox.status`; the index over what is due knows 0.
    package var rowCode: Int16 {
        switch self {
        case .pending: 0
        case .delivered: 1
        case .failed: 2
        }
    }
}
