package import HoldpointCore

/// What the edges may ask about a project's webhook.
package protocol WebhookGateway: Sendable {
    /// Makes the project's webhook, with a secret that is told this once, or changes the one that it has.
    ///
    /// Rejects with `invalidInput` a place that cannot be called, and types that no webhook can be told of.
    func putWebhook(_ definition: WebhookDefinition, in scope: Scope) async throws(GatewayError) -> IssuedWebhook

    /// The project's webhook; rejects with `webhookNotFound` if it has none.
    func webhook(in scope: Scope) async throws(GatewayError) -> WebhookView

    /// Gives the webhook another secret, told this once; deliveries are signed under the one before as well for the
    /// grace.
    func rotateWebhook(grace: Duration, in scope: Scope) async throws(GatewayError) -> IssuedWebhook

    /// Deletes the webhook with its deliveries; false if the project has none.
    func deleteWebhook(in scope: Scope) async throws(GatewayError) -> Bool

    /// A page of the webhook's deliveries, the newest first.
    func deliveries(
        status: DeliveryState.Status?, cursor: String?, limit: Int, in scope: Scope
    ) async throws(GatewayError) -> Page<DeliveryRecord>

    /// Makes a delivery due at once, whatever became of it; rejects with `deliveryNotFound` if there is none.
    func redeliver(_ id: DeliveryID, in scope: Scope) async throws(GatewayError) -> DeliveryRecord
}

/// What a webhook is told of, and where.
package struct WebhookDefinition: Sendable, Equatable {
    /// Where: an absolute URL.
    package let url: String
    /// The types of events; nil for all that a webhook can be told of.
    package let types: [String]?
    /// Whether it is told at all.
    package let isEnabled: Bool

    package init(url: String, types: [String]?, isEnabled: Bool) {
        self.url = url
        self.types = types
        self.isEnabled = isEnabled
    }
}

/// What may be told of a webhook at any time: all but its secret.
package struct WebhookView: Sendable, Equatable {
    /// What is stored.
    package let record: WebhookRecord
    /// Until when deliveries are signed under the secret before as well; nil if they are not.
    package let previousUntil: Timestamp?

    package init(record: WebhookRecord, previousUntil: Timestamp?) {
        self.record = record
        self.previousUntil = previousUntil
    }
}

/// A webhook after a change, and what is told once.
package struct IssuedWebhook: Sendable, Equatable {
    /// How it stands.
    package let view: WebhookView
    /// Its new secret; nil if the change gave it none.
    package let secret: WebhookSecret?
    /// Whether it was made just now.
    package let isNew: Bool

    package init(view: WebhookView, secret: WebhookSecret?, isNew: Bool) {
        self.view = view
        self.secret = secret
        self.isNew = isNew
    }
}
