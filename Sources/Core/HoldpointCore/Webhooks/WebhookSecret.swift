import JSON

/// A secret under which deliveries are signed, `whsec_` and base 64 (Standard Webhooks 1.0.0).
///
/// What is printed of it does not show it, so that it cannot get into a log or an error by accident (I9).
package struct WebhookSecret: Sendable, Equatable, CustomStringConvertible, CustomReflectable {
    /// The bytes that key the signature.
    package let bytes: [UInt8]

    /// Takes `WebhookLimits.secretBytes` random bytes.
    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// The form in which it is told, once.
    package var text: String { "whsec_" + Base64.encode(bytes) }

    package var description: String { "(secret)" }

    package var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// The secrets of a webhook: the present one, and for a while after a rotation the one before.
package struct WebhookSecrets: Sendable, Equatable {
    /// The one that is in force.
    package let present: WebhookSecret
    /// The one before.
    package let previous: WebhookSecret?
    /// Until when deliveries are signed under the one before as well; nil if there is none.
    package let previousUntil: Timestamp?

    package init(_ present: WebhookSecret) {
        self.present = present
        previous = nil
        previousUntil = nil
    }

    private init(_ present: WebhookSecret, _ previous: WebhookSecret, until time: Timestamp) {
        self.present = present
        self.previous = previous
        previousUntil = time
    }

    /// Those after a rotation: what was in force is heeded until `time` yet, and what was before that no more.
    package func rotated(to secret: WebhookSecret, until time: Timestamp) -> WebhookSecrets {
        WebhookSecrets(secret, present, until: time)
    }

    /// Those under which a message is signed at a time, the present one first.
    package func valid(at time: Timestamp) -> [WebhookSecret] {
        guard let previous, let previousUntil, time < previousUntil else { return [present] }
        return [present, previous]
    }

    /// JSON text, to be sealed.
    package var encoded: [UInt8] {
        var writer = JSONWriter(reserving: 256)
        writer.beginObject()
        writer.member("present", Hexadecimal.encode(present.bytes))
        if let previous, let previousUntil {
            writer.member("previous", Hexadecimal.encode(previous.bytes))
            writer.member("previous_until", previousUntil.milliseconds)
        }
        writer.endObject()
        return writer.bytes
    }

    /// Reads what `encoded` wrote; nil for anything else.
    package init?(encoded bytes: [UInt8]) {
        guard let value = try? JSONParser.parse(bytes), let present = Self.secret(value["present"]) else { return nil }
        if let previous = Self.secret(value["previous"]), let until = value["previous_until"]?.int64Value {
            self.init(present, previous, until: Timestamp(milliseconds: until))
        } else {
            self.init(present)
        }
    }

    private static func secret(_ value: JSONValue?) -> WebhookSecret? {
        value?.stringValue.flatMap { Hexadecimal.decode($0) }.map { WebhookSecret($0) }
    }
}
