package import JSON

/// The state of a session: the fold of its events and nothing else (I6).
package struct SessionState: Sendable {
    /// Which session this is.
    package let identity: SessionIdentity
    /// The number of the last event; 0 before `session_started`.
    package internal(set) var sequence: Int64 = 0
    /// The time of the first event.
    package internal(set) var createdAt = Timestamp(milliseconds: 0)
    /// The time of the last event; it never goes back.
    package internal(set) var updatedAt = Timestamp(milliseconds: 0)
    /// What it was started with; nil before `session_started`.
    var beginning: SessionBeginning?
    /// Whether an operator paused it.
    package internal(set) var isPaused = false
    /// How it ended, if it did.
    package internal(set) var ending: SessionEnding?
    /// The pending requests, in the order they were opened.
    package internal(set) var openRequests: [PendingRequest] = []
    /// What became of the others, in the order they closed.
    package internal(set) var closedRequests: [ClosedRequest] = []
    /// The digests of calls that were blocked and wait elsewhere for people to release them.
    var deferrals: [Digest] = []
    /// What a workflow's session keeps besides; boxed.
    private var workflowBox: WorkflowBox?
    /// Bytes of event data that the state holds on to; limited by `SessionLimits.stateBytes`.
    package internal(set) var heldBytes = 0

    /// A session before its first event.
    package init(identity: SessionIdentity) {
        self.identity = identity
    }

    /// The agent, as pinned at the start.
    package var agent: AgentName? { beginning?.agent }
    /// The agent's version, as pinned at the start.
    package var agentVersion: Int64 { beginning?.agentVersion ?? 0 }
    /// What drives the session.
    package var program: Program { beginning?.program ?? .external }
    /// The interpreter's version, as pinned at the start.
    package var interpreterVersion: Int64 { beginning?.interpreterVersion ?? 0 }
    /// What the session was started with.
    package var input: JSONValue { beginning?.input ?? .null }
    /// The input as JSON text.
    package var inputText: [UInt8] { beginning?.inputText ?? Array("null".utf8) }
    /// Texts to find it by.
    package var labels: [String: String] { beginning?.labels ?? [:] }
    /// The user for whom the agent acts, if the caller said.
    package var onBehalfOf: String? { beginning?.onBehalfOf }

    /// The session whose workflow started this one, if one did.
    package var parent: SessionParent? { beginning?.parent }
    /// The call that people may release in this session, if that is what it is for.
    package var deferred: DeferredAction? { beginning?.deferred }
    /// The sessions before this one, if it goes on for another.
    package var continues: SessionLineage? { beginning?.continues }

    /// Where it stands.
    package var status: SessionStatus {
        switch ending {
        case .completed, .continued: .completed
        case .failed: .failed
        case .cancelled: .cancelled
        case nil: isPaused ? .paused : isWaiting ? .waiting : .running
        }
    }

    /// Whether nothing but humans and time can bring it on.
    private var isWaiting: Bool {
        guard let workflow else { return !openRequests.isEmpty }
        if workflow.canAdvance || workflow.isAwaitingWork { return false }
        return !openRequests.isEmpty || workflow.place.wakeAt != nil
    }

    /// Whether the first event was applied.
    package var isStarted: Bool { sequence > 0 }

    /// What the session's workflow has open and where it stands; nil without a workflow, and once it has ended.
    package internal(set) var workflow: WorkflowState? {
        get { workflowBox?.value }
        set { workflowBox = newValue.map { WorkflowBox($0) } }
    }

    /// What is open outside the session, derived from the events, so that a new owner sees it too.
    package var openEffects: [OpenEffect] {
        let requests = openRequests.map {
            OpenEffect(id: $0.sequence, kind: .request($0.request.id, deadline: $0.request.expiresAt))
        }
        guard let workflow else { return requests }
        let timers = workflow.place.runningTimers.map {
            OpenEffect(id: $0.id, kind: .timer(due: $0.due))
        }
        let calls = workflow.calls.map { OpenEffect(id: $0.id, kind: .call(isAtWork: $0.isAtWork)) }
        let children = workflow.children.map { OpenEffect(id: $0.id, kind: .child($0.session)) }
        return (requests + timers + calls + children).sorted { $0.id < $1.id }
    }

    /// Whether its own program has something to do now.
    package var canAdvance: Bool { !isPaused && ending == nil && workflow?.canAdvance == true }

    /// The next time at which something is to be done that only time brings about, if any.
    package var timerAt: Timestamp? { timerAt(besides: []) }

    /// The same, calls aside that are under way here and will tell themselves what becomes of them.
    package func timerAt(besides underWay: Set<Int64>) -> Timestamp? {
        let requests = openRequests.lazy.compactMap(\.nextDueAt).min()
        guard let timer = workflow?.timerAt(besides: underWay, isPaused: isPaused) else { return requests }
        return requests.map { min($0, timer) } ?? timer
    }

    /// When whoever owns the session must look after it; in the past if there is work that needs no waiting, so that
    /// a new owner finds it.
    package var wakeAt: Timestamp? {
        guard ending == nil, !isPaused, let workflow else { return timerAt }
        return workflow.canAdvance || !readyCalls(at: updatedAt).isEmpty ? updatedAt : timerAt
    }

    /// The calls that may be made now.
    package func readyCalls(at now: Timestamp) -> [OpenCall] {
        guard ending == nil, !isPaused, let workflow else { return [] }
        return workflow.calls.filter { $0.isReady(at: now) }
    }

    /// The pending request of that id.
    package func openRequest(_ id: RequestID) -> PendingRequest? {
        openRequests.first { $0.request.id == id }
    }

    /// What became of the request of that id.
    package func closedRequest(_ id: RequestID) -> ClosedRequest? {
        closedRequests.last { $0.id == id }
    }
}

/// What a session remembers of a request that is no longer pending: enough to name the winner.
package struct ClosedRequest: Sendable, Equatable {
    /// Bytes that one of these counts for in `SessionState.heldBytes`, without votes.
    private static let ownBytes = 256
    /// Bytes that each vote counts for.
    private static let voteBytes = 192

    /// Which request.
    package let id: RequestID
    /// How it closed.
    package let status: RequestStatus
    /// Who opened it: only that key may fetch its secrets.
    package let openedBy: Principal
    /// Who closed it, if somebody did.
    package let closedBy: Principal?
    /// When it closed.
    package let closedAt: Timestamp
    /// A keyed MAC of the answer, to tell a repetition from another answer without keeping either.
    package let fingerprint: String?
    /// The number of the event that closed it.
    package let sequence: Int64
    /// Who approved before whoever closed it, where more than one had to.
    let votes: [ClosedVote]

    /// Bytes that it counts for in `SessionState.heldBytes`.
    var heldBytes: Int { Self.ownBytes + votes.count * Self.voteBytes }
}

/// What is remembered of a vote on a request that is no longer pending: enough to tell its repetition.
struct ClosedVote: Sendable, Equatable {
    let user: UserID
    let fingerprint: String
}

/// How a session ended.
package enum SessionEnding: Sendable, Equatable {
    /// With its output.
    case completed(output: JSONValue)
    /// With a problem document (RFC 9457).
    case failed(error: JSONValue)
    /// By a person or a platform.
    case cancelled
    /// By going on as another session.
    case continued(as: SessionID)
}

/// Work or waiting outside the session that is not over yet.
package struct OpenEffect: Sendable, Equatable {
    /// What is open.
    package enum Kind: Sendable, Equatable {
        /// A question to a human, with its deadline if it has one.
        case request(RequestID, deadline: Timestamp?)
        /// A time to wait for.
        case timer(due: Timestamp)
        /// An HTTP call; at work unless a human must say what became of it.
        case call(isAtWork: Bool)
        /// The session of another workflow, which tells by a stored command when it ends.
        case child(SessionID)
    }

    /// The number of the event that opened it.
    package let id: Int64
    /// What it is.
    package let kind: Kind

    /// Whether a session that waits for this may leave memory.
    package var allowsPassivation: Bool {
        switch kind {
        case .request, .timer, .child: true
        case .call(let isAtWork): !isAtWork
        }
    }
}
