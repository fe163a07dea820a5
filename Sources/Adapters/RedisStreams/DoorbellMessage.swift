package import HoldpointCore
package import HoldpointPorts

/// A doorbell as it travels: node, key, head, whether it is on the feed, and the session's id, separated by spaces.
///
/// The events stay behind: whoever is interested reads them in the journal.
package struct DoorbellMessage {
    /// The node where the events were committed.
    package let node: Substring
    /// Whose events.
    package let session: SessionIdentity
    /// The number of the last of them.
    package let head: Int64
    /// Whether one of them is on the feed.
    package let isOnFeed: Bool

    /// Reads a message that came for a scope; nil if it is none.
    package init?(_ payload: [UInt8], in scope: Scope) {
        let text = String(decoding: payload, as: UTF8.self)
        let parts = text.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 5, let key = Identifier128(hexadecimal: parts[1]), let head = Int64(parts[2]), head > 0,
            let id = try? SessionID(String(parts[4]))
        else { return nil }
        node = parts[0]
        session = SessionIdentity(scope: scope, key: SessionKey(key), id: id)
        self.head = head
        isOnFeed = parts[3] == "feed"
    }

    /// The text of a doorbell that a node rings.
    package static func text(_ doorbell: Doorbell, from node: NodeName) -> String {
        let place = doorbell.isOnFeed ? "feed" : "session"
        return "\(node) \(doorbell.session.key) \(doorbell.head) \(place) \(doorbell.session.id)"
    }
}
