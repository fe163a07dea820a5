import HoldpointCore
import HoldpointPorts

/// One session in memory: receives commands one at a time, decides, commits, applies.
///
/// Swift actors interleave at every `await`, so a turn is taken explicitly: nothing else is decided while an append
/// is under way. Whoever waits for a turn is bounded by `mailboxCapacity`.
actor SessionActor {
    /// How far what is in memory can be trusted.
    enum Standing {
        /// It is what the store has. Can become `lost` or `retired`.
        case sound
        /// A commit's outcome is unknown, or another wrote: it must be read again. Can become `sound` or `retired`.
        case lost
        /// It left memory; the directory has another. Final.
        case retired
    }

    nonisolated let identity: SessionIdentity
    nonisolated private let executor: any Actor

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.unownedExecutor }
    let services: SessionServices
    var state: SessionState
    var chain: Digest
    var snapshotSequence: Int64
    var bytesSinceSnapshot: Int
    var quarantine: String?
    var standing = Standing.sound {
        // Whoever finds out about a commit meanwhile does not bring it back.
        didSet { if oldValue == .retired { standing = .retired } }
    }
    /// What the session's workflow was started with, once it was needed.
    var definition: WorkflowDefinition?
    /// The calls that this process has taken on and not finished, and whether they may still leave.
    var inFlight: [Int64: CallPermit] = [:]
    /// Whether the program could not go on for want of something outside.
    var isStalled = false
    /// The fence of a commit in doubt, under which nothing may land any more before the log is read.
    var doubted: Fence?
    /// The fence of the shard, if it was asked for.
    private(set) var fence: Fence?
    private var isBusy = false
    private var waiting = FirstInFirstOut<UnsafeContinuation<Void, Never>>()

    /// A session that was rebuilt.
    init(_ loaded: LoadedSession, services: SessionServices) {
        identity = loaded.state.identity
        self.services = services
        executor = services.ports.executors.executor()
        state = loaded.state
        chain = loaded.chain
        snapshotSequence = loaded.snapshotSequence
        bytesSinceSnapshot = loaded.bytesSinceSnapshot
        quarantine = loaded.quarantine
    }

    /// A session that has no event yet.
    init(starting identity: SessionIdentity, services: SessionServices) {
        self.init(
            LoadedSession(
                state: SessionState(identity: identity), chain: .zero, snapshotSequence: 0, bytesSinceSnapshot: 0,
                quarantine: nil),
            services: services)
    }

    /// Decides a command and commits what follows; returns only what is committed (I1).
    func perform(_ envelope: CommandEnvelope) async throws(SessionFailure) -> CommandOutcome {
        // Not a call of an async function where there is nothing to wait for: each costs a switch of the task.
        guard services.tenure.isValid else { throw .notOwner }
        if isBusy { try await waitForTurn() }
        try takeTurn()
        defer { giveTurn() }
        do {
            return try await turn(envelope)
        } catch {
            // Something may be committed that nobody has acted on, such as an answer that was applied first.
            if state.workflow != nil { await lookAgain() }
            throw error
        }
    }

    /// Whether the workflow waits for the session that it started with that event.
    ///
    /// Asked in a turn: the store may show the start before the commit that it came with has returned here.
    func awaits(child: Int64) async throws(SessionFailure) -> Bool {
        if isBusy { try await waitForTurn() }
        try takeTurn()
        defer { giveTurn() }
        if standing == .lost { try await becomeSound() }
        return state.workflow?.children.contains { $0.id == child } == true
    }

    private func turn(_ envelope: CommandEnvelope) async throws(SessionFailure) -> CommandOutcome {
        if standing == .lost { try await becomeSound() }
        if envelope.liftsQuarantine {
            try await liftQuarantine()
        } else if let reason = quarantine {
            // Its deadlines rest until an operator resumes it.
            return .rejected(.quarantined(reason))
        }
        var envelope = envelope
        if envelope.command is FireDeadlines { envelope.command = FireDeadlines(inFlight: Set(inFlight.keys)) }
        if type(of: envelope.command).closesRequests, !state.openRequests.isEmpty {
            try await applyStoredAnswers()
        }
        let outcome = try await decide(envelope)
        if envelope.command is FireDeadlines { await armAgain() }
        if state.workflow != nil { await startEffects() }
        return outcome
    }

    /// Arms what comes next after a deadline fired, which the wheel has forgotten.
    private func armAgain() async {
        let underWay = Set(inFlight.keys)
        let timerAt = state.timerAt(besides: underWay)
        guard let timerAt, timerAt <= services.ports.clock.now() else {
            await services.deadlines.arm(identity.reference, at: timerAt)
            // A call that ended meanwhile may have a time of its own, which this has put out.
            if Set(inFlight.keys) != underWay { await armAgain() }
            return
        }
        // One that is overdue all the same is not tried in a circle.
        await lookAgain()
    }

    /// Makes somebody look after the session in a while.
    func lookAgain() async {
        let soon = services.ports.clock.now().adding(milliseconds: services.configuration.timerRetryMilliseconds)
        await services.deadlines.retry(identity.reference, at: soon)
    }

    /// Whether its first event is committed.
    var isStarted: Bool { state.isStarted }

    /// The session as it is committed.
    func view() -> SessionView { SessionView(state: state, quarantine: quarantine) }

    /// The pending request of that id, if it is pending.
    func openRequest(_ id: RequestID) -> PendingRequest? { state.openRequest(id) }

    /// Leaves memory, if nothing needs it: no turn under way, and no effect open that is not a timer or a request.
    func retire() -> Bool {
        // A commit in doubt must be looked for by this very actor, which knows under which fence it was sent.
        guard !isBusy, doubted == nil, state.openEffects.allSatisfy(\.allowsPassivation) else { return false }
        standing = .retired
        return true
    }

    /// Whether a call is under way in this process, whose end must be recorded here.
    var hasCallsUnderWay: Bool { !inFlight.isEmpty }

    /// Leaves memory when the turn that is under way is over: the shard is handed over.
    func leave() async {
        if isBusy { await waitForTurnHoweverMany() }
        isBusy = true
        standing = .retired
        for permit in inFlight.values { permit.revoke() }
        giveTurn()
    }

    /// Leaves memory at once: the lease is over, so that what is under way cannot be committed any more.
    func drop() {
        standing = .retired
        for permit in inFlight.values { permit.revoke() }
    }

    /// Lifts the mark of quarantine in the store and here; within a turn.
    private func liftQuarantine() async throws(SessionFailure) {
        do {
            try await services.setQuarantine(nil, of: identity.key, in: identity.scope)
        } catch {
            throw SessionFailure(error)
        }
        quarantine = nil
        judgePermits()
        await services.deadlines.arm(identity.reference, at: state.timerAt)
    }

    /// The fence of this session's shard, as this node holds it now.
    ///
    /// Remembered, since it changes only when a commit was in doubt; `forgetFence` makes it be asked for again.
    func currentFence() async throws(SessionFailure) -> Fence {
        if let fence { return fence }
        guard let current = await services.ownership.fence(for: identity.key.shard) else { throw .notOwner }
        fence = current
        return current
    }

    func forgetFence() { fence = nil }

    private func waitForTurn() async throws(SessionFailure) {
        guard waiting.count < services.configuration.mailboxCapacity else { throw .overloaded }
        await waitForTurnHoweverMany()
    }

    private func waitForTurnHoweverMany() async {
        // Whoever gives its turn up hands it over, so `isBusy` stays true for the next in line. It is looked at again,
        // since the call of this function may have been a switch of the task, in which the last turn ended.
        await withUnsafeContinuation { continuation in
            if isBusy { return waiting.append(continuation) }
            isBusy = true
            continuation.resume()
        }
    }

    private func takeTurn() throws(SessionFailure) {
        isBusy = true
        if standing == .retired {
            giveTurn()
            throw .retired
        }
    }

    private func giveTurn() {
        if let next = waiting.popFirst() { next.resume() } else { isBusy = false }
    }
}

extension Rejection {
    /// What a quarantined session answers to everything but an operator's resume.
    static func quarantined(_ reason: String) -> Rejection {
        Rejection(.sessionQuarantined, "the session is quarantined: \(reason)")
    }
}

/// A queue whose ends cost the same.
struct FirstInFirstOut<Element> {
    private var front: [Element] = []
    private var back: [Element] = []

    var count: Int { front.count + back.count }

    mutating func append(_ element: Element) { back.append(element) }

    mutating func popFirst() -> Element? {
        if front.isEmpty {
            front = back.reversed()
            back = []
        }
        return front.popLast()
    }
}
