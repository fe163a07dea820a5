package import HoldpointCore

/// The live side: doorbells for news, and streams of stored commands' ids.
///
/// It only hurries things. Anything in it may be lost, doubled, delayed or reordered (I4): readers check the
/// journal, and sweeps find what no doorbell announced.
package protocol StreamBus: Sendable {
    /// Announces committed events. Called only after their commit (I1).
    func ring(_ doorbell: Doorbell)

    /// The next doorbells for this node's watchers, waiting until there is one; empty when the bus was closed.
    /// One reader at a time.
    func nextDoorbells() async -> [Doorbell]

    /// Puts a stored command's id on its shard's stream. Called only after it was stored (I1).
    func deliver(_ delivery: CommandDelivery)

    /// The next deliveries for this node's shards, waiting until there is one; empty when the bus was closed.
    /// One reader at a time.
    func nextDeliveries() async -> [CommandDelivery]

    /// Says that a delivery's outcome is committed and that it need not come again.
    func acknowledge(_ delivery: CommandDelivery)

    /// Shows a command that was given up to whoever watches for such; the store has it. Called only after its outcome
    /// was committed (I1).
    func bury(_ delivery: CommandDelivery)

    /// Tells the node that stored a command, and may wait for it, that it has its outcome. Called only after that was
    /// committed (I1).
    func announce(_ command: StoredCommandID, to node: NodeName)

    /// The next commands of this node's callers that have their outcome, waiting until there is one; empty when the bus
    /// was closed. One reader at a time.
    func nextAnnouncements() async -> [StoredCommandID]

    /// Says which shards' deliveries this node reads from now on: those that it owns.
    func serve(_ shards: [Shard])

    /// Says that this node wants the doorbells of a session, or of a project's feed, until it says otherwise.
    func watch(_ topic: DoorbellTopic)

    /// Says that this node does not want a topic's doorbells any more.
    func unwatch(_ topic: DoorbellTopic)

    /// What of the bus does not work now, for operators; nil if all does.
    var problem: String? { get }

    /// Ends all waits, for ever.
    func close()
}

/// What one can wait for news of.
package enum DoorbellTopic: Sendable, Hashable {
    /// One session.
    case session(SessionIdentity)
    /// The feed of a project.
    case feed(Scope)
}

/// News of a session: its new head, and the events themselves where they are at hand.
package struct Doorbell: Sendable {
    /// Whose news.
    package let session: SessionIdentity
    /// The number of the last committed event; 0 where news may have been missed, so that the journal is to be asked.
    package let head: Int64
    /// The newest events up to `head`, densely numbered; may be empty.
    package let events: [RecordedEvent]
    /// Whether any of the news is on the project's feed.
    package let isOnFeed: Bool

    package init(session: SessionIdentity, head: Int64, events: [RecordedEvent], isOnFeed: Bool) {
        self.session = session
        self.head = head
        self.events = events
        self.isOnFeed = isOnFeed
    }
}

/// The id of a stored command, on its way to the session's owner.
package struct CommandDelivery: Sendable, Hashable {
    /// Which stored command.
    package let command: StoredCommandID
    /// Whose.
    package let session: SessionIdentity
    /// Whether it travels on `hitl:response:{shard}`; otherwise on `session:command:{shard}`.
    package let isAnswer: Bool
    /// The node that stored it for a caller who may wait; nil if nobody waits.
    package let origin: NodeName?

    package init(command: StoredCommandID, session: SessionIdentity, isAnswer: Bool, origin: NodeName? = nil) {
        self.command = command
        self.session = session
        self.isAnswer = isAnswer
        self.origin = origin
    }
}

extension StreamBus {
    // What a bus within one process does: everything on it is this node's.

    package func bury(_ delivery: CommandDelivery) {}
    package func announce(_ command: StoredCommandID, to node: NodeName) {}
    package func serve(_ shards: [Shard]) {}
    package func watch(_ topic: DoorbellTopic) {}
    package func unwatch(_ topic: DoorbellTopic) {}
    package var problem: String? { nil }
}
