import JSON

/// What a session keeps of its workflow: the interpreter's place, and what it must know of effects that are open.
package struct WorkflowState: Sendable, Equatable {
    /// Where the interpreter stands.
    package internal(set) var place: WorkflowPlace { didSet { text = .none } }
    /// The place as text, for as long as it is the one that was recorded last.
    private(set) var text = PlaceText.none
    /// The HTTP calls that are open, in the order they were proposed.
    package internal(set) var calls: [OpenCall] = []
    /// The sessions of other workflows that run for this one, in the order they were started.
    package internal(set) var children: [OpenChild] = []
    /// Bytes of event data that the place and what arrived since hold on to.
    var heldBytes = 0

    /// A workflow that has not begun.
    init() {
        place = WorkflowPlace()
    }

    init(place: WorkflowPlace, calls: [OpenCall], children: [OpenChild], heldBytes: Int) {
        self.place = place
        self.calls = calls
        self.children = children
        self.heldBytes = heldBytes
    }

    /// Takes up the place that an event records.
    mutating func stand(at place: WorkflowPlace, as text: PlaceText) {
        self.place = place
        self.text = text
    }

    /// The open call of that id.
    package func call(_ id: Int64) -> OpenCall? { calls.first { $0.id == id } }

    /// Whether there is anything for the program to do without waiting.
    var canAdvance: Bool { place.canAdvance || calls.contains { $0.verdict != nil } }

    /// Whether somebody is at work for it outside: a call that is under way or about to be, or another session.
    var isAwaitingWork: Bool { !children.isEmpty || calls.contains { $0.isAtWork } }

    /// The next time at which a timer falls due or a call may be made, or is known to be over.
    ///
    /// While an operator has paused the session no call is made, so none falls due.
    func timerAt(besides underWay: Set<Int64>, isPaused: Bool) -> Timestamp? {
        let waiting = calls.lazy.filter { !underWay.contains($0.id) && !(isPaused && $0.isReady(at: .distantFuture)) }
        return ([place.wakeAt] + waiting.map(\.dueAt)).compactMap { $0 }.min()
    }
}

/// Another workflow's session that runs for this one.
package struct OpenChild: Sendable, Equatable {
    /// The number of the event that started it.
    package let id: Int64
    /// Its internal name.
    package let key: SessionKey
    /// The name in the API.
    package let session: SessionID
}

/// Holds a workflow's state in one reference, so that sessions without one are no larger for it.
final class WorkflowBox: Sendable {
    let value: WorkflowState

    init(_ value: WorkflowState) {
        self.value = value
    }
}
