package import HoldpointCore

/// An event in the form that subscribers get: encoded once, shared by all of them.
package final class WireEvent: Sendable {
    /// The id that a subscriber resumes after: the event's number, or its place in the feed.
    package let id: String
    /// The event's type.
    package let type: EventType
    /// `{seq, type, time, session, data}` as JSON text, without line breaks.
    package let json: [UInt8]
    /// Whether the session's stream ends with it.
    package let endsSession: Bool

    package init(id: String, type: EventType, json: [UInt8], endsSession: Bool) {
        self.id = id
        self.type = type
        self.json = json
        self.endsSession = endsSession
    }
}

/// Where a transport takes events in for its subscribers.
package protocol EventSink: AnyObject, Sendable {
    /// Sends one event to these subscribers. Must be quick and must not wait; a subscriber that is too slow is cut.
    func send(_ event: WireEvent, to subscribers: [SubscriberID])

    /// Ends these subscribers' streams: nothing more will come.
    func end(_ subscribers: [SubscriberID])

    /// Waits until everything sent to the subscriber has left; false if it is gone.
    func drained(_ subscriber: SubscriberID) async -> Bool
}

/// A subscriber of one sink; the sink chooses the number.
package struct SubscriberID: Sendable, Hashable {
    /// The number.
    package let number: UInt64

    package init(_ number: UInt64) {
        self.number = number
    }
}
