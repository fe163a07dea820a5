package import HoldpointCore
package import JSON

/// A session to be started.
package struct SessionStart: Sendable {
    /// The id that the caller chose; one is made if nil.
    package let id: SessionID?
    /// Whose version is pinned.
    package let agent: AgentName
    /// The input.
    package let input: JSONValue
    /// Texts to find it by.
    package let labels: [String: String]
    /// The user for whom the agent acts.
    package let onBehalfOf: String?

    package init(id: SessionID?, agent: AgentName, input: JSONValue, labels: [String: String], onBehalfOf: String?) {
        self.id = id
        self.agent = agent
        self.input = input
        self.labels = labels
        self.onBehalfOf = onBehalfOf
    }
}

/// What may be asked of a session that has started.
package enum SessionAct: Sendable {
    /// Talks to it.
    case message(JSONValue)
    /// Records a step.
    case step(name: String, data: JSONValue)
    /// Puts a question to a human.
    case openRequest(RequestDraft)
    /// Stops the program.
    case pause(reason: String?)
    /// Lets a paused or quarantined session go on.
    case resume(reason: String?)
    /// Ends it from outside.
    case cancel(reason: String?)
    /// Ends it with an output.
    case complete(output: JSONValue)
    /// Ends it with a problem document.
    case fail(error: JSONValue)
}

/// An answer as it came in; it may hold secrets in plain text and must go no further than the edge (I9).
package struct RawAnswer: Sendable {
    /// The answer.
    package let response: JSONValue
    /// Words beside it.
    package let comment: String?
    /// The user whose answer it is; nil if the key answers for itself.
    package let user: UserID?

    package init(response: JSONValue, comment: String?, user: UserID? = nil) {
        self.response = response
        self.comment = comment
        self.user = user
    }
}

/// What may be done about a request beside answering and withdrawing it.
package enum RequestAct: Sendable, Equatable {
    /// Nobody but this user may answer it for so many seconds.
    case claim(by: UserID, seconds: Int64)
    /// The user lets others answer it again.
    case release(by: UserID)
    /// The user lets another one answer it as well.
    case delegate(by: UserID, to: UserID)
    /// It is asked again after it was closed; the user is nil if the key asks for itself.
    case reopen(by: UserID?)
}

/// How a command is to be carried out.
package struct CommandOptions: Sendable {
    /// Who asks.
    package let principal: Principal
    /// The caller's key against repetition, with its route; nil if none was sent.
    package let idempotencyKey: String?
    /// The body of the request, for the key's fingerprint.
    package let body: [UInt8]
    /// Whether the caller prefers that the command be stored and answered later (RFC 7240, `respond-async`).
    package let respondAsync: Bool

    package init(principal: Principal, idempotencyKey: String? = nil, body: [UInt8] = [], respondAsync: Bool = false) {
        self.principal = principal
        self.idempotencyKey = idempotencyKey
        self.body = body
        self.respondAsync = respondAsync
    }
}

/// What became of a command.
package enum CommandResult: Sendable {
    /// Applied to the session; `isNew` if this started it; `isReplay` if an idempotency key said it was done before.
    case session(SessionView, isNew: Bool, isReplay: Bool)
    /// Applied to a request; `isNew` if this opened it.
    case request(RequestView, isNew: Bool, isReplay: Bool)
    /// Stored; it gets exactly one outcome (I3).
    case stored(StoredCommandID, session: SessionID, request: RequestID?)
}
