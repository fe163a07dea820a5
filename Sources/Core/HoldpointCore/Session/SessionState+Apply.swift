extension SessionState {
    /// Applies the next event of the log; the state is unchanged if it throws.
    ///
    /// - Throws: `IllegalEvent` when the event cannot follow: an error of the log, never of the caller's input.
    package mutating func apply(_ event: any SessionEvent, at position: EventPosition)
        throws(IllegalEvent)
    {
        guard position.sequence == sequence + 1 else {
            throw illegal(event, position, "expected number \(sequence + 1)")
        }
        guard position.time >= updatedAt else { throw illegal(event, position, "its time goes back") }
        guard isStarted == !(event is SessionStarted) else {
            throw illegal(
                event, position, isStarted ? "the session started before" : "the session has not started")
        }
        if ending != nil { throw illegal(event, position, "the session has ended") }
        if let reason = event.apply(to: &self, at: position) { throw illegal(event, position, reason) }
        sequence = position.sequence
        updatedAt = position.time
    }

    private func illegal(_ event: any SessionEvent, _ position: EventPosition, _ reason: String)
        -> IllegalEvent
    {
        IllegalEvent(
            session: identity, state: "\(status.rawValue) at \(sequence)",
            event: type(of: event).type.text,
            sequence: position.sequence, reason: reason)
    }

    mutating func open(_ request: HumanRequest, at position: EventPosition) {
        openRequests.append(
            PendingRequest(request: request, sequence: position.sequence, heldBytes: position.dataBytes))
        heldBytes += position.dataBytes
    }

    /// Moves a request from pending to closed; false if it was not pending.
    mutating func close(
        _ id: RequestID, as status: RequestStatus, by principal: Principal?, fingerprint: String? = nil,
        votes: [RequestVote] = [], at position: EventPosition
    ) -> Bool {
        guard let index = openRequests.firstIndex(where: { $0.request.id == id }) else { return false }
        let open = openRequests.remove(at: index)
        closedRequests.append(
            ClosedRequest(
                id: id, status: status, openedBy: open.request.openedBy, closedBy: principal,
                closedAt: position.time,
                fingerprint: fingerprint, sequence: position.sequence,
                votes: votes.map { ClosedVote(user: $0.approval.user, fingerprint: $0.fingerprint) }))
        heldBytes += closedRequests[closedRequests.count - 1].heldBytes - open.heldBytes
        return true
    }

    /// Changes what was done about a pending request; `body` returns why it cannot be, or nil.
    mutating func progress(of id: RequestID, _ body: (PendingRequest, inout RequestProgress) -> String?) -> String? {
        guard let index = openRequests.firstIndex(where: { $0.request.id == id }) else {
            return "the request is not pending"
        }
        var progress = openRequests[index].progress ?? RequestProgress()
        if let reason = body(openRequests[index], &progress) { return reason }
        let before = openRequests[index].heldBytes
        openRequests[index].progress = progress
        heldBytes += openRequests[index].heldBytes - before
        return nil
    }

    /// Ends the session; what its workflow held is let go.
    mutating func end(_ ending: SessionEnding, holding dataBytes: Int = 0) {
        self.ending = ending
        heldBytes += dataBytes
        guard let workflow else { return }
        heldBytes -= workflow.heldBytes + workflow.calls.reduce(0) { $0 + $1.heldBytes }
        self.workflow = nil
    }
}

/// Where an event stands in its session's log.
package struct EventPosition: Sendable, Equatable {
    /// 1, 2, 3 … densely.
    package let sequence: Int64
    /// When it was recorded.
    package let time: Timestamp
    /// Bytes of its data as recorded.
    package let dataBytes: Int

    package init(sequence: Int64, time: Timestamp, dataBytes: Int) {
        self.sequence = sequence
        self.time = time
        self.dataBytes = dataBytes
    }
}

/// An event that cannot follow in the log: a bug or a damaged store, which stops that one session (I10).
package struct IllegalEvent: Error, Sendable, Equatable, CustomStringConvertible {
    /// Whose log.
    package let session: SessionIdentity
    /// The state that it met.
    package let state: String
    /// The event's type.
    package let event: String
    /// The event's number.
    package let sequence: Int64
    /// Why it cannot follow.
    package let reason: String

    package var description: String {
        "event \(sequence) (\(event)) cannot follow in session \(session.id), \(state): \(reason)"
    }
}
