import HoldpointCore
import HoldpointPorts
import HoldpointTesting
import JSON

/// Everything that leaves the node is looked at in the moment it leaves (I1).
extension Model {
    mutating func observe(_ result: CommandResult, in store: MemoryStore) {
        catchUp(with: store)
        switch result {
        case .session(let view, _, _): observe(view)
        case .request(let view, _, _): observe(view)
        case .stored(let id, _, _):
            if store.inbox[id] == nil { fail("I1", "202 for command \(id), which is not stored") }
            promised.append(id)
        }
    }

    mutating func observe(_ view: SessionView, in store: MemoryStore) {
        catchUp(with: store)
        observe(view)
    }

    mutating func observe(_ view: RequestView, in store: MemoryStore) {
        catchUp(with: store)
        observe(view)
    }

    mutating func observe(_ view: StoredCommandView, in store: MemoryStore) {
        catchUp(with: store)
        if let outcome = view.outcome, outcomes[view.command.id] != outcome {
            fail("I1", "command \(view.command.id) was said to be \(outcome), which is not stored")
        }
    }

    mutating func observe(_ doorbell: Doorbell, in store: MemoryStore) {
        catchUp(with: store)
        let events = store.sessions[doorbell.session.key]?.events ?? []
        let isCommitted = doorbell.events.allSatisfy { event in
            events.indices.contains(Int(event.sequence) - 1) && events[Int(event.sequence) - 1] == event
        }
        if doorbell.head > Int64(events.count) || !isCommitted {
            fail("I1", "a doorbell of \(doorbell.session.id) rang for \(doorbell.head) before the commit")
        }
        for event in doorbell.events { judgeSecrecy(of: event.data, in: "a doorbell of \(doorbell.session.id)") }
    }

    mutating func observe(_ delivery: CommandDelivery, in store: MemoryStore) {
        if store.inbox[delivery.command] == nil { fail("I1", "command \(delivery.command) came before it was stored") }
    }

    /// A node says that a command has its outcome.
    mutating func observe(_ decided: StoredCommandID, in store: MemoryStore) {
        if store.inbox[decided]?.outcome == nil { fail("I1", "command \(decided) was said to be decided too early") }
    }

    /// A session's state, wherever it is shown, is the fold of its log so far, byte for byte (I6).
    private mutating func observe(_ view: SessionView) {
        let state = view.state
        guard let history = histories[state.identity.key], history.head >= state.sequence, state.sequence > 0 else {
            return fail("I1", "session \(state.identity.id) was shown at \(state.sequence), which is not committed")
        }
        if SnapshotCodec.encode(state) != SnapshotCodec.encode(history.states[Int(state.sequence)]) {
            fail("I6", "session \(state.identity.id) at \(state.sequence) is not the fold of its log")
        }
    }

    private mutating func observe(_ view: RequestView) {
        guard let request = asked[view.request.id] else {
            return fail("I1", "request \(view.request.id) was shown before it was committed")
        }
        let isRight: Bool
        switch (view.closing?.status, request.closing) {
        case (nil, _), (.pending?, _): isRight = true
        case (.answered?, .answered(let by, let response)):
            isRight = view.closing?.closedBy?.text == by && view.closing?.response == response
        case (.expired?, .expired), (.cancelled?, .cancelled): isRight = true
        case (.answered?, _), (.expired?, _), (.cancelled?, _): isRight = false
        }
        if !isRight {
            fail("I1", "request \(view.request.id) was shown as \(view.status), but is \(Self.text(request.closing))")
        }
    }
}
