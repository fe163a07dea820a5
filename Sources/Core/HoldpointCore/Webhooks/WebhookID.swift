/// The internal name of a webhook: another one is made each time that a project without one puts one.
package struct WebhookID: Sendable, Hashable {
    /// The 128 bits.
    package let value: Identifier128

    package init(_ value: Identifier128) {
        self.value = value
    }
}

/// The name of a delivery, the same for every attempt at it: the session and the event that it tells of.
///
/// As text `evt_`, the session's internal key in 32 hexadecimal digits, `_` and the event's number: no dots, since the
/// signature has one behind the id.
package struct DeliveryID: Sendable, Hashable, CustomStringConvertible {
    /// The form, for people and for the description of the API.
    package static let form = "evt_[0-9a-f]{32}_[1-9][0-9]{0,18}"

    /// The session's internal key.
    package let session: SessionKey
    /// The event's number in the session's log.
    package let sequence: Int64

    package init(session: SessionKey, sequence: Int64) {
        self.session = session
        self.sequence = sequence
    }

    /// Reads what `description` wrote; nil for anything else.
    package init?(_ text: String) {
        let parts = text.split(separator: "_", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "evt", let key = Identifier128(hexadecimal: parts[1]),
            let sequence = Int64(parts[2]), sequence > 0, String(sequence) == parts[2]
        else { return nil }
        self.init(session: SessionKey(key), sequence: sequence)
    }

    package var description: String { "evt_\(session)_\(sequence)" }
}
