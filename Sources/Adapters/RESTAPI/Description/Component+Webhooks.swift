import HoldpointCore
import HoldpointPorts

/// The forms of what is said of webhooks and their deliveries.
extension Component {
    private static let eventTypes = Schema.list(
        of: .choice(of: WebhookEvents.names), minimum: 1, maximum: WebhookLimits.types)

    static let webhookDefinitionForm = Schema.object(
        [("url", .text(minimum: 1, maximum: WebURL.maximumBytes))],
        optional: [("types", eventTypes.orNull), ("enabled", .boolean)])

    static let webhookRotationForm = keyRotationForm

    static let webhookForm = Schema.object(webhookMembers)

    static let issuedWebhookForm = Schema.object(
        [("secret", .text(pattern: "^whsec_[A-Za-z0-9+/]+=*$"))] + webhookMembers)

    static let deliveryForm = Schema.object([
        ("id", deliveryID), ("session", .text()), ("seq", .integer(1)), ("type", .text()),
        ("status", .choice(of: DeliveryState.Status.self)), ("attempts", .integer(0)),
        ("last_status", Schema.integer(100, to: 999).orNull), ("last_error", Schema.text().orNull),
        ("created_at", .time), ("last_attempt_at", Schema.time.orNull), ("next_attempt_at", Schema.time.orNull),
    ])

    /// The pattern of a delivery's name.
    static let deliveryID = Schema.text(pattern: "^\(DeliveryID.form)$")

    private static let webhookMembers: [(String, Schema)] = [
        ("url", .text()), ("types", Schema.list(of: .text()).orNull), ("enabled", .boolean),
        ("disabled_reason", Schema.text().orNull), ("previous_secret_valid_until", Schema.time.orNull),
        ("created_at", .time), ("updated_at", .time),
    ]
}
