package import HoldpointCore

/// The record of a request that carried an `Idempotency-Key`, committed with its events.
package struct IdempotencyRecord: Sendable, Equatable {
    /// The route and the key, joined; unique within the project.
    package let key: String
    /// A keyed MAC of the request's body.
    package let fingerprint: String
    /// What the first request brought about.
    package let reply: CommandReply
    /// The session that it was about: the record lives as long as it.
    package let session: SessionIdentity
    /// When it was committed.
    package let createdAt: Timestamp

    package init(
        key: String, fingerprint: String, reply: CommandReply, session: SessionIdentity, createdAt: Timestamp
    ) {
        self.key = key
        self.fingerprint = fingerprint
        self.reply = reply
        self.session = session
        self.createdAt = createdAt
    }
}
