import JSON

/// What a receiver is told of one event: a CloudEvent 1.0 in its structured JSON form, whose data is the event as a
/// project's watchers see it.
package struct WebhookMessage: Sendable, Equatable {
    /// The media type of the body.
    package static let contentType = "application/cloudevents+json"

    /// The same for every attempt.
    package let id: DeliveryID
    /// The session that it is about.
    package let session: SessionIdentity
    /// The event's type on the wire.
    package let type: EventType
    /// When it was recorded.
    package let time: Timestamp
    /// The event's data: JSON text.
    package let data: [UInt8]

    package init(session: SessionIdentity, sequence: Int64, type: EventType, time: Timestamp, data: [UInt8]) {
        id = DeliveryID(session: session.key, sequence: sequence)
        self.session = session
        self.type = type
        self.time = time
        self.data = data
    }

    /// Where its events come from: with `id` it is unique among all messages of all projects.
    package static func source(_ scope: Scope) -> String { "urn:holdpoint:project:\(scope.tenant):\(scope.project)" }

    /// The body.
    ///
    /// `timestamp` says again what `time` does, so that the body also has the members that Standard Webhooks
    /// recommends: `type`, `timestamp` and `data`.
    package var body: [UInt8] {
        var writer = JSONWriter(reserving: data.count + 512)
        writer.beginObject()
        writer.member("specversion", "1.0")
        writer.member("id", id.description)
        writer.member("source", Self.source(session.scope))
        writer.member("type", type.text)
        writer.member("time", .some(time))
        writer.member("timestamp", .some(time))
        writer.member("subject", session.id.text)
        writer.member("datacontenttype", "application/json")
        writer.key("data")
        writer.beginObject()
        writer.member("seq", id.sequence)
        writer.member("type", type.text)
        writer.member("time", .some(time))
        writer.member("session", session.id.text)
        writer.key("data")
        writer.raw(data)
        writer.endObject()
        writer.endObject()
        return writer.bytes
    }

    /// The headers of an attempt.
    ///
    /// - Throws: `InvalidHTTPCall` for none that can be made here.
    package func headers(
        at time: Timestamp, body: [UInt8], under secrets: WebhookSecrets, hasher: any Hasher
    ) throws(InvalidHTTPCall) -> [HTTPCall.Header] {
        let seconds = time.milliseconds / 1_000
        let signature = WebhookSignature.header(
            id: id.description, seconds: seconds, body: body, under: secrets.valid(at: time), hasher: hasher)
        return [
            try HTTPCall.Header("Content-Type", Self.contentType),
            try HTTPCall.Header("webhook-id", id.description),
            try HTTPCall.Header("webhook-timestamp", String(seconds)),
            try HTTPCall.Header("webhook-signature", signature),
        ]
    }
}
