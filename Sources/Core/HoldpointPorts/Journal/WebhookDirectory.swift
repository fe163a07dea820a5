package import HoldpointCore

/// The webhooks of projects: at most one each.
package protocol WebhookDirectory: Sendable {
    /// The project's webhook; nil if it has none, or there is no such project.
    func webhook(in scope: Scope) async throws(JournalError) -> WebhookRecord?

    /// Stores a webhook: revision 1 only where there is none, each later one only in the place of the one before.
    ///
    /// - Returns: false, with nothing changed, if that is not what is there.
    /// - Throws: `refused` if there is no such project.
    func putWebhook(_ record: WebhookRecord, in scope: Scope) async throws(JournalError) -> Bool

    /// Deletes the project's webhook; false if it has none.
    ///
    /// Its deliveries are found no more from then on, and cleared away later (`Outbox.clearDeliveries`).
    func deleteWebhook(in scope: Scope) async throws(JournalError) -> Bool
}

/// A project's webhook as it is stored.
package struct WebhookRecord: Sendable, Equatable {
    /// Which one; its deliveries name it.
    package let id: WebhookID
    /// 1, 2, 3 …: one more with each change.
    package let revision: Int64
    /// Where it is told.
    package let url: String
    /// What it is told of; nil for all that it can be.
    package let types: Set<EventType>?
    /// Whether it is told at all: while not, nothing new is kept for it, and what waits is not tried.
    package let isEnabled: Bool
    /// Why it is not, if nobody here wished it so.
    package let disabledReason: String?
    /// The sealed secrets, bound to the scope and the id.
    package let box: [UInt8]
    /// When it was made.
    package let createdAt: Timestamp
    /// When it was changed last.
    package let updatedAt: Timestamp

    package init(
        id: WebhookID, revision: Int64, url: String, types: Set<EventType>?, isEnabled: Bool, disabledReason: String?,
        box: [UInt8], createdAt: Timestamp, updatedAt: Timestamp
    ) {
        self.id = id
        self.revision = revision
        self.url = url
        self.types = types
        self.isEnabled = isEnabled
        self.disabledReason = disabledReason
        self.box = box
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }

    /// Whether it is told of an event.
    package func wants(_ event: RecordedEvent) -> Bool {
        isEnabled && WebhookEvents.isTold(event.type, isOnFeed: event.isOnFeed) && types?.contains(event.type) ?? true
    }
}

extension StoredForm {
    /// Writes the types that a webhook names; nil for all.
    package static func encode(_ types: Set<EventType>?) -> String? {
        types.map { $0.map(\.text).sorted().joined(separator: " ") }
    }

    /// Reads what `encode` wrote.
    package static func eventTypes(_ text: String?) -> Set<EventType>? {
        text.map { Set($0.split(separator: " ").map { EventType(String($0)) }) }
    }
}
