import HoldpointCore
import HoldpointPorts

/// A change to a session while it is worked out: nothing of it is written yet, and all of it goes into one commit.
struct ChangeDraft {
    /// The state after the events.
    private(set) var state: SessionState
    /// The chain value after the events.
    private(set) var chain: Digest
    /// The events so far.
    private(set) var events: [any SessionEvent] = []
    /// The same as they will be stored.
    private(set) var recorded: [RecordedEvent] = []
    /// What its decisions know of the project's policy.
    var policy: PolicyBook

    init(state: SessionState, chain: Digest, policy: PolicyBook) {
        self.state = state
        self.chain = chain
        self.policy = policy
    }

    /// Encodes, chains and folds more events; false, with nothing changed, if an event or the state would be larger
    /// than a limit.
    ///
    /// - Throws: `failed` when the core's own events cannot follow: a bug that must not reach the log (I10).
    mutating func extend(
        with more: [any SessionEvent], at now: Timestamp, limits: SessionLimits, hasher: any Hasher
    ) throws(SessionFailure) -> Bool {
        let heldBefore = state.heldBytes
        var draft = self
        for event in more {
            let data = event.data(session: state.identity.id)
            guard data.count <= limits.eventBytes else { return false }
            let kind = type(of: event)
            let isOnFeed = event.isOnFeed(of: draft.state)
            let position = EventPosition(sequence: draft.state.sequence + 1, time: now, dataBytes: data.count)
            do {
                try draft.state.apply(event, at: position)
            } catch {
                throw .failed("\(error)")
            }
            draft.chain = EventChain.value(
                after: draft.chain, session: state.identity.key, sequence: position.sequence, time: now,
                type: kind.type, data: data, hasher: hasher)
            draft.events.append(event)
            draft.recorded.append(
                RecordedEvent(
                    sequence: position.sequence, time: now, type: kind.type, data: data, chain: draft.chain,
                    isOnFeed: isOnFeed))
        }
        let held = draft.state.heldBytes
        if held > limits.stateBytes, held > heldBefore, draft.state.ending == nil { return false }
        self = draft
        return true
    }
}
