/// Limits of a project's webhook and of its deliveries; each has a line in docs/operating.md.
package enum WebhookLimits {
    /// Types of events that a webhook may name.
    package static let types = 64
    /// Random bytes of the secret under which deliveries are signed.
    package static let secretBytes = 32
    /// Attempts at a delivery, the first one included, after which it has failed.
    package static let attempts = 10
    /// How long the receiver may take over one attempt, in milliseconds.
    package static let timeoutMilliseconds: Int64 = 20_000
    /// Bytes of the receiver's answer at which an attempt fails; nothing of it is kept.
    package static let answerBytes = 65_536
    /// The longest pause that a receiver's `Retry-After` is given, in milliseconds: a day.
    package static let longestPauseMilliseconds: Int64 = 86_400_000
    /// How long a delivery stays listed that was made, in milliseconds: three days.
    package static let deliveredMilliseconds: Int64 = 3 * 86_400_000
    /// How long a delivery can be redelivered that has failed, in milliseconds: thirty days.
    package static let failedMilliseconds: Int64 = 30 * 86_400_000
}
