import JSON

extension SessionState {
    /// Brings what an effect came to into the workflow's place; false if the place does not wait for it.
    mutating func receive(_ arrival: EffectArrival, for effect: Int64, at position: EventPosition)
        -> Bool
    {
        guard var workflow, workflow.place.receive(arrival, for: effect) else { return false }
        workflow.heldBytes += position.dataBytes
        heldBytes += position.dataBytes
        self.workflow = workflow
        return true
    }

    /// Lets the workflow know what became of a request that it opened, or that was opened about one of its calls.
    mutating func tellWorkflow(
        of request: PendingRequest, _ arrival: EffectArrival, at position: EventPosition
    ) {
        guard let workflow else { return }
        if let call = workflow.calls.first(where: { $0.question == request.request.id }) {
            _ = change(call.id) { call in
                call.phase = .judged(CallVerdict(arrival))
                return true
            }
        } else {
            _ = receive(arrival, for: request.sequence, at: position)
        }
    }

    /// Changes an open call; false if it is not open or `body` says that it cannot be changed so.
    mutating func change(_ call: Int64, _ body: (inout OpenCall) -> Bool) -> Bool {
        guard var workflow, let index = workflow.calls.firstIndex(where: { $0.id == call }),
            body(&workflow.calls[index])
        else { return false }
        self.workflow = workflow
        return true
    }

    /// Ends an open call; false if it is not open.
    ///
    /// - Parameter arrival: nil if nobody waits for it any more.
    mutating func end(_ call: Int64, with arrival: EffectArrival?, at position: EventPosition) -> Bool {
        guard var workflow, let index = workflow.calls.firstIndex(where: { $0.id == call }) else {
            return false
        }
        heldBytes -= workflow.calls.remove(at: index).heldBytes
        self.workflow = workflow
        if let arrival { return receive(arrival, for: call, at: position) }
        return true
    }
}

extension SessionState: Equatable {
    package static func == (left: SessionState, right: SessionState) -> Bool {
        left.identity == right.identity && left.sequence == right.sequence
            && left.createdAt == right.createdAt
            && left.updatedAt == right.updatedAt && left.beginning == right.beginning
            && left.isPaused == right.isPaused && left.ending == right.ending
            && left.openRequests == right.openRequests && left.closedRequests == right.closedRequests
            && left.heldBytes == right.heldBytes && left.deferrals == right.deferrals
            && left.workflow == right.workflow
    }
}

extension CallVerdict {
    /// What an answer to the question says; whatever is no answer lets the call fail (I8).
    init(_ arrival: EffectArrival) {
        guard case .value(let answer) = arrival else {
            self = .fail
            return
        }
        let chosen =
            answer["decision"]?.stringValue ?? answer["decision"]?.arrayValue?.first?.stringValue
        self = chosen.flatMap { CallVerdict(rawValue: $0) } ?? .fail
    }
}

extension WorkflowPlace {
    /// When a timer that still runs falls due.
    func due(of timer: Int64) -> Timestamp? {
        effects.first { $0.id == timer && $0.arrival == nil }.flatMap { $0.kind.due }
    }

    /// The timers that still run.
    var runningTimers: [(id: Int64, due: Timestamp)] {
        effects.compactMap { effect in
            effect.arrival == nil ? effect.kind.due.map { (effect.id, $0) } : nil
        }
    }
}
