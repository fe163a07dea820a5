package import JSON

/// A call came to something.
///
/// What nobody waits for any more changes nothing, nor does what an earlier attempt came to, unless it was answered.
/// An unknown outcome is tried again only if the call is idempotent; else a human is asked (I7).
package struct FinishCall: SessionCommand {
    package static let kind = "finish_call"
    /// The workflow goes on with it, and may then give up other questions.
    package static let closesRequests = true

    /// The number of the event that proposed the call.
    package let call: Int64
    /// What it came to.
    package let result: CallResult
    /// The time that the attempt's own dispatch recorded; nil if it was not to be dispatched, or not yet.
    package let dispatchedUntil: Timestamp?
    package let principal = Principal.engine

    package init(call: Int64, result: CallResult, dispatchedUntil: Timestamp? = nil) {
        self.call = call
        self.result = result
        self.dispatchedUntil = dispatchedUntil
    }

    package func decide(_ state: SessionState, in context: DecisionContext) -> Decision {
        guard state.ending == nil, let open = state.workflow?.call(call), open.isAtWork,
            open.verdict == nil, !isOutdated(by: open.phase)
        else {
            return .accept([], .session(isNew: false))
        }
        return .accept(events(of: open, state, in: context), .session(isNew: false))
    }

    /// Whether the call went on since the attempt that this is about: by a human's word, or another owner's hand.
    ///
    /// A node that lost the session while it made the call may say so long after, when the session is its own again.
    private func isOutdated(by phase: OpenCall.Phase) -> Bool {
        switch (result, phase) {
        // That it was answered is true whichever attempt it was; what never left only has to wait.
        case (.completed, _), (.notSent, .ready): false
        case (_, .dispatched(let until)): until != dispatchedUntil
        case (_, .ready): dispatchedUntil != nil
        default: false
        }
    }

    private func events(
        of open: OpenCall, _ state: SessionState, in context: DecisionContext
    ) -> [any SessionEvent] {
        switch result {
        case .completed(let response): return [ToolCompleted(call: call, response: response)]
        case .failed(let problem): return [ToolFailed(call: call, error: problem, isAbandoned: false)]
        case .notSent(let reason, let time):
            // What was dispatched and did not leave was no attempt.
            var attempts = open.attempts
            if case .dispatched = open.phase { attempts = max(0, attempts - 1) }
            return [ToolPostponed(call: call, reason: reason, notBefore: time, attempts: attempts)]
        case .unknown(let reason, let time):
            guard open.effect.isIdempotent else { return open.doubt(reason: reason, state, in: context) }
            let attempts = open.attempts + 1
            if attempts < CallLimits.attempts {
                return [ToolPostponed(call: call, reason: reason, notBefore: time, attempts: attempts)]
            }
            let error = WorkflowError(
                .communication, "\(reason), \(attempts) times in a row", at: open.effect.task)
            return [ToolFailed(call: call, error: error.json, isAbandoned: false)]
        }
    }

    /// An answer that does not fit is for the caller to cut down; for want of room for anything else the session ends.
    package func alternatives(for state: SessionState, under limits: SessionLimits) -> [[any SessionEvent]] {
        if case .completed = result { return [] }
        return [state.failure(WorkflowError(tooLargeUnder: limits))]
    }

    package func write(into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("call", call)
        writer.member("dispatched_until", dispatchedUntil)
        switch result {
        case .completed(let response): writer.member("response", .some(response))
        case .failed(let problem): writer.member("error", .some(problem))
        case .notSent(let reason, let time):
            writer.member("not_sent", reason)
            writer.member("retry_at", .some(time))
        case .unknown(let reason, let time):
            writer.member("unknown", reason)
            writer.member("retry_at", .some(time))
        }
        writer.endObject()
    }

    package init(recorded data: JSONValue) throws(MalformedRecord) {
        var reader = EventReader(data, of: Self.kind)
        call = reader.count("call")
        dispatchedUntil = reader.optionalTime("dispatched_until")
        if let response = reader.optionalValue("response") {
            result = .completed(response: response)
        } else if let problem = reader.optionalValue("error") {
            result = .failed(problem: problem)
        } else if let reason = reader.optionalText("not_sent") {
            result = .notSent(reason: reason, retryAt: reader.time("retry_at"))
        } else {
            result = .unknown(reason: reader.text("unknown"), retryAt: reader.time("retry_at"))
        }
        try reader.finish()
    }
}

extension OpenCall {
    /// Asks a human what became of the call.
    func doubt(reason: String, _ state: SessionState, in context: DecisionContext)
        -> [any SessionEvent]
    {
        let id = RequestID(time: context.now, random: context.bits(for: self.id))
        do {
            let draft = try RequestDraft(question(reason: reason))
            let request = try draft.opened(
                as: id, in: state.identity.id, at: context.now, by: .engine, hasher: context.hasher)
            return [
                RequestOpened(request: request), ToolDoubted(call: self.id, request: id, reason: reason),
            ]
        } catch {
            // Nobody can be asked: then the workflow is told that it failed, and the call is not made again.
            let failure = WorkflowError(
                .communication, "the call's outcome is unknown: \(reason)", at: effect.task)
            return [ToolFailed(call: self.id, error: failure.json, isAbandoned: false)]
        }
    }
}
