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

    /// Ends both waits, for ever.
    func close()
}

/// News of a session: its new head, and the events themselves where they are at hand.
package struct Doorbell: Sendable {
    /// Whose news.
    package let session: SessionIdentity
    /// The number of the last committed event.
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

    package init(command: StoredCommandID, session: SessionIdentity, isAnswer: Bool) {
        self.command = command
        self.session = session
        self.isAnswer = isAnswer
    }
}
