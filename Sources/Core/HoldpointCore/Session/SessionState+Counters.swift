import JSON

extension SessionState {
    /// The version of the policy by which calls of these events were judged; 0 if there was none, nil if they have no
    /// call that a policy judges.
    package func policyVersion(judging events: [any SessionEvent]) -> Int64? {
        var version: Int64?
        for event in events {
            switch event {
            case let event as ToolProposed: version = max(version ?? 0, event.effect.verdict?.version ?? 0)
            case let event as ToolBlocked: version = max(version ?? 0, event.verdict?.version ?? 0)
            case let event as RequestOpened:
                guard let permission = event.request.question as? PermissionQuestion else { break }
                version = max(version ?? 0, permission.policy?.version ?? 0)
            default: break
            }
        }
        return version
    }

    /// What these events, which led from this state to `next`, change in the counters of the policy.
    ///
    /// - Parameters:
    ///   - revisions: What the counters had when the calls were judged, where they were read.
    ///   - now: The time of the events.
    package func counterChanges(
        of events: [any SessionEvent], to next: SessionState, revisions: [CounterKey: Int64], at now: Timestamp
    ) -> [CounterChange] {
        var ledger = CounterLedger(session: identity.key, revisions: revisions, now: now)
        var opened: [RequestID: (sequence: Int64, question: PermissionQuestion)] = [:]
        var proposed: [Int64: HTTPCallEffect] = [:]
        /// The permission of that id and where it was opened, if a policy judged it and a human is asked.
        func asked(_ id: RequestID) -> (sequence: Int64, verdict: JudgedVerdict)? {
            let known =
                opened[id]
                ?? openRequest(id).flatMap { open in
                    (open.request.question as? PermissionQuestion).map { (open.sequence, $0) }
                }
            guard let known, let verdict = known.question.policy, verdict.verdict.outcome == .ask else { return nil }
            return (known.sequence, verdict)
        }
        for (offset, event) in events.enumerated() {
            let number = sequence + 1 + Int64(offset)
            switch event {
            case let event as RequestOpened:
                guard let permission = event.request.question as? PermissionQuestion else { break }
                opened[event.request.id] = (number, permission)
                if let verdict = permission.policy { ledger.open(verdict, under: number) }
            case let event as RequestAnswered:
                guard let (opening, verdict) = asked(event.request) else { break }
                switch event.response["action"]?.stringValue.flatMap({ PermissionAction(rawValue: $0) }) {
                case .approve where event.policy != nil: ledger.release(verdict, under: opening)
                case .approve: if next.program == .external { ledger.dispatch(verdict) }
                case .edit, .reject, nil: ledger.release(verdict, under: opening)
                }
                if let edited = event.policy { ledger.open(edited, under: opening) }
            case let event as RequestExpired:
                if let (opening, verdict) = asked(event.request) { ledger.release(verdict, under: opening) }
            case let event as RequestCancelled:
                if let (opening, verdict) = asked(event.request) { ledger.release(verdict, under: opening) }
            case let event as ToolProposed:
                proposed[number] = event.effect
                ledger.propose(event.effect, under: number)
            case let event as ToolDispatched:
                let effect = proposed[event.call] ?? workflow?.call(event.call)?.effect
                if let verdict = effect?.verdict { ledger.dispatch(verdict) }
            default: break
            }
        }
        return ledger.changes
    }

    /// Whether a human was asked about an open call, or told of it: then what becomes of it is told, too.
    func hasApproval(_ call: Int64) -> Bool {
        guard let effect = workflow?.call(call)?.effect else { return false }
        return effect.approval != nil || effect.verdict?.verdict.outcome == .notify
    }
}

/// Collects what one commit changes in counters.
private struct CounterLedger {
    let session: SessionKey
    let revisions: [CounterKey: Int64]
    let now: Timestamp
    private(set) var changes: [CounterChange] = []
    init(session: SessionKey, revisions: [CounterKey: Int64], now: Timestamp) {
        self.session = session
        self.revisions = revisions
        self.now = now
    }

    /// A permission is opened: one that a human answers counts from now on, one that the policy answers has left.
    mutating func open(_ verdict: JudgedVerdict, under number: Int64) {
        switch verdict.verdict.outcome {
        case .ask: add(verdict, under: number, isChecked: false)
        case .run, .notify:
            add(verdict, under: number, isChecked: true)
            dispatch(verdict)
        case .block: break
        }
    }

    /// A call is proposed: it adds what was not added when a human was asked about it.
    mutating func propose(_ effect: HTTPCallEffect, under number: Int64) {
        guard let verdict = effect.verdict else { return }
        if effect.approval?.keepsReservations != true {
            add(verdict, under: number, isChecked: effect.approval == nil && verdict.verdict.outcome != .ask)
        }
        // One that may be made twice records no dispatch: it leaves right after this commit.
        if effect.isIdempotent { dispatch(verdict) }
    }

    /// A call leaves: the values that it names are seen from now on.
    mutating func dispatch(_ verdict: JudgedVerdict) {
        let id = CounterEntryID(session: session, number: 0)
        for question in verdict.reservations where question.countsAtDispatch {
            changes.append(.add(question.key, question.entry(id, at: now)))
        }
    }

    /// A call that waited does not count any more.
    mutating func release(_ verdict: JudgedVerdict, under number: Int64) {
        let id = CounterEntryID(session: session, number: number)
        for question in verdict.reservations where !question.countsAtDispatch {
            changes.append(.release(question.key, id))
        }
    }

    private mutating func add(_ verdict: JudgedVerdict, under number: Int64, isChecked: Bool) {
        let id = CounterEntryID(session: session, number: number)
        for question in verdict.reservations where !question.countsAtDispatch {
            let entry = question.entry(id, at: now)
            let revision = revisions[question.key] ?? 0
            changes.append(isChecked ? .reserve(question.key, revision: revision, entry) : .add(question.key, entry))
        }
    }
}
