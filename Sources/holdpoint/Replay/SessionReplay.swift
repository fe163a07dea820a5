import HoldpointCore
import HoldpointPorts

/// Rebuilds one session from its whole log, checking each event against the one before it.
struct SessionReplay {
    /// Where the stored data contradicts itself.
    struct Difference: Error, Sendable, Equatable {
        let session: SessionIdentity
        /// The event at which it shows; nil if it is not one event.
        let sequence: Int64?
        /// What is wrong, without data.
        let detail: String

        /// The exact place and what is wrong with it.
        var text: String {
            "session \(session.scope)/\(session.id)" + (sequence.map { " at event \($0)" } ?? "") + ": \(detail)"
        }
    }

    private let identity: SessionIdentity
    private let hasher: any Hasher
    /// The state after the last event that was taken.
    private(set) var state: SessionState
    /// The chain value after it.
    private(set) var chain = Digest.zero
    /// The events that closed requests, by the request's id.
    private(set) var closings: [RequestID: RecordedEvent] = [:]

    init(of identity: SessionIdentity, hasher: any Hasher) {
        self.identity = identity
        self.hasher = hasher
        state = SessionState(identity: identity)
    }

    /// Goes on from a snapshot instead of the beginning.
    init(of identity: SessionIdentity, from state: SessionState, chain: Digest, hasher: any Hasher) {
        self.init(of: identity, hasher: hasher)
        self.state = state
        self.chain = chain
    }

    /// Takes the next event of the log.
    mutating func take(_ event: RecordedEvent) throws(Difference) {
        let expected = state.sequence + 1
        guard event.sequence == expected else { throw difference(expected, "the log has no event of this number") }
        let value = EventChain.value(
            after: chain, session: identity.key, sequence: event.sequence, time: event.time, type: event.type,
            data: event.data, hasher: hasher)
        guard value == event.chain else { throw difference(expected, "the chain does not fit the event's bytes") }
        let read: any SessionEvent
        do throws(MalformedRecord) {
            guard let known = try EventRegistry.event(named: event.type.text, data: event.data) else {
                throw MalformedRecord(what: "event of a type that this release does not know", violations: [])
            }
            read = known
        } catch {
            throw difference(expected, error.description)
        }
        let position = EventPosition(sequence: event.sequence, time: event.time, dataBytes: event.data.count)
        do throws(IllegalEvent) {
            try state.apply(read, at: position)
        } catch {
            throw difference(expected, error.reason)
        }
        guard type(of: read).isOnFeed == event.isOnFeed else {
            throw difference(expected, "its place on the project's feed is wrong")
        }
        chain = value
        if RequestClosing(read, at: event.time) != nil, let closed = state.closedRequests.last {
            closings[closed.id] = event
        }
    }

    /// A difference of this session.
    func difference(_ sequence: Int64?, _ detail: String) -> Difference {
        Difference(session: identity, sequence: sequence, detail: detail)
    }
}
