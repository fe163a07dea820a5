package import JSON

/// The state of a session: the fold of its events and nothing else (I6).
package struct SessionState: Sendable, Equatable {
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

    /// Where it stands.
    package var status: SessionStatus {
        switch ending {
        case .completed: .completed
        case .failed: .failed
        case .cancelled: .cancelled
        case nil: isPaused ? .paused : openRequests.isEmpty ? .running : .waiting
        }
    }

    /// Whether the first event was applied.
    package var isStarted: Bool { sequence > 0 }

    /// What is open outside the session, derived from the events, so that a new owner sees it too.
    package var openEffects: [OpenEffect] {
        openRequests.map { OpenEffect(id: $0.sequence, kind: .request($0.request.id, deadline: $0.request.expiresAt)) }
    }

    /// The next time at which a deadline falls due, if any.
    package var wakeAt: Timestamp? { openRequests.compactMap(\.request.expiresAt).min() }

    /// The pending request of that id.
    package func openRequest(_ id: RequestID) -> PendingRequest? { openRequests.first { $0.request.id == id } }

    /// What became of the request of that id.
    package func closedRequest(_ id: RequestID) -> ClosedRequest? { closedRequests.last { $0.id == id } }
}

/// A pending request within a session's state.
package struct PendingRequest: Sendable, Equatable {
    /// The request as it was opened.
    package let request: HumanRequest
    /// The number of the event that opened it: the id of the open effect.
    package let sequence: Int64
    /// Bytes of that event's data.
    let heldBytes: Int
}

/// What a session remembers of a request that is no longer pending: enough to name the winner.
package struct ClosedRequest: Sendable, Equatable {
    /// Bytes that one of these counts for in `SessionState.heldBytes`.
    static let heldBytes = 256

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
}

/// How a session ended.
package enum SessionEnding: Sendable, Equatable {
    /// With its output.
    case completed(output: JSONValue)
    /// With a problem document (RFC 9457).
    case failed(error: JSONValue)
    /// By a person or a platform.
    case cancelled
}

/// Work or waiting outside the session that is not over yet.
package struct OpenEffect: Sendable, Equatable {
    /// What is open.
    package enum Kind: Sendable, Equatable {
        /// A question to a human, with its deadline if it has one.
        case request(RequestID, deadline: Timestamp?)
    }

    /// The number of the event that opened it.
    package let id: Int64
    /// What it is.
    package let kind: Kind

    /// Whether a session that waits for this may leave memory.
    package var allowsPassivation: Bool {
        switch kind {
        case .request: true
        }
    }
}
