import HoldpointCore
import HoldpointPorts

extension SessionActor {
    /// The events of which the project's webhook is to be told.
    func outbox(of recorded: [RecordedEvent]) async throws(SessionFailure) -> [OutboxEntry] {
        guard recorded.contains(where: { WebhookEvents.isTold($0.type, isOnFeed: $0.isOnFeed) }) else { return [] }
        let webhook: WebhookRecord?
        do {
            webhook = try await services.webhooks.webhook(in: identity.scope)?.record
        } catch {
            throw SessionFailure(error)
        }
        guard let webhook else { return [] }
        return recorded.filter { webhook.wants($0) }.map {
            OutboxEntry(webhook: webhook.id, sequence: $0.sequence, type: $0.type, time: $0.time)
        }
    }

    /// Hurries deliveries that are committed.
    func announce(_ outbox: [OutboxEntry]) async {
        if outbox.isEmpty { return }
        let due = outbox.map {
            DueDelivery(
                webhook: $0.webhook, session: identity, sequence: $0.sequence, state: DeliveryState(from: $0.time))
        }
        await services.outbox.submit(due, of: identity.scope)
    }
}
