package import JSON

/// The name of an event's type on the wire, and the version of its form.
package struct EventType: Sendable, Hashable, CustomStringConvertible {
    /// The name, for example `hitl_requested`.
    package let text: String

    package init(_ text: String) {
        self.text = text
    }

    package var description: String { text }
}

/// An immutable fact in a session's log.
///
/// `apply` never refuses for reasons of policy: it is called for what has happened, live and in replay alike (I6).
package protocol SessionEvent: Sendable, Equatable {
    /// The type on the wire.
    static var type: EventType { get }

    /// Whether a project's watchers see it on the feed.
    static var isOnFeed: Bool { get }

    /// The same for this very event, in the state that it meets.
    func isOnFeed(of state: SessionState) -> Bool

    /// Whether the session's stream ends with it.
    static var endsSession: Bool { get }

    /// Writes the event's `data`.
    func write(into writer: inout JSONWriter, session: SessionID)

    /// Reads the `data` that `write` wrote.
    init(recorded data: JSONValue) throws(MalformedRecord)

    /// Changes the state; returns why it cannot follow, or nil. With a reason it has changed nothing.
    func apply(to state: inout SessionState, at position: EventPosition) -> String?
}

extension SessionEvent {
    package static var isOnFeed: Bool { true }
    package static var endsSession: Bool { false }

    package func isOnFeed(of state: SessionState) -> Bool { Self.isOnFeed }

    /// The event's `data` as the bytes that are stored, chained and sent.
    package func data(session: SessionID) -> [UInt8] {
        var writer = JSONWriter(reserving: 2_048)
        write(into: &writer, session: session)
        return writer.bytes
    }
}
