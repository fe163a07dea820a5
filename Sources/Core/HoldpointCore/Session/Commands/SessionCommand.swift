package import JSON

/// Something that asks a session to change.
///
/// `decide` is pure: no clock, no randomness, no I/O. Times and new ids come in with the command and its context.
package protocol SessionCommand: Sendable {
    /// The name under which a stored command is read back.
    static var kind: String { get }

    /// Whether it may close requests otherwise than by an answer: then stored answers that came in time go first (I3).
    static var closesRequests: Bool { get }

    /// Who asks.
    var principal: Principal { get }

    /// Sealed values that go into the transaction of the events, beside the log (I9).
    var sealedSecrets: [SealedSecret] { get }

    /// What the command does to a session in that state.
    func decide(_ state: SessionState, in context: DecisionContext) -> Decision

    /// Events to record where its own would not fit a limit: the first of these that do; without any it is refused.
    ///
    /// What nobody says a second time must not be refused, or the session would wait for it for ever.
    func alternatives(for state: SessionState, under limits: SessionLimits) -> [[any SessionEvent]]

    /// What other sessions are told because of the command itself, beside what follows from its events.
    ///
    /// - Parameter rejection: why it was refused; nil if it was accepted.
    func outgoing(from state: SessionState, after rejection: Rejection?) -> [OutgoingCommand]

    /// Writes the command for storage, as one object.
    func write(into writer: inout JSONWriter)

    /// Reads what `write` wrote.
    init(recorded data: JSONValue) throws(MalformedRecord)
}

extension SessionCommand {
    package static var closesRequests: Bool { false }
    package var sealedSecrets: [SealedSecret] { [] }

    package func alternatives(for state: SessionState, under limits: SessionLimits) -> [[any SessionEvent]] { [] }

    package func outgoing(from state: SessionState, after rejection: Rejection?) -> [OutgoingCommand] { [] }
}

/// What comes in beside a command: everything that a pure decision may not fetch for itself.
package struct DecisionContext: Sendable {
    /// The session's time of the decision: the store's clock, never before the last event.
    package let now: Timestamp
    /// For digests.
    package let hasher: any Hasher
    /// The configured limits.
    package let limits: SessionLimits
    /// 128 random bits, the same in each round of a decision: what is made from them cannot be guessed.
    package let seed: Identifier128
    /// The definition that the session's workflow was started with; nil without one.
    package let workflow: WorkflowDefinition?
    /// What became of the expressions that earlier rounds of the same decision asked for, in that order.
    package let results: [ExpressionOutcome]
    /// The project's policy and what its counters have, as far as earlier rounds asked for them.
    package let policy: PolicyKnowledge

    package init(
        now: Timestamp, hasher: any Hasher, limits: SessionLimits,
        seed: Identifier128 = Identifier128(high: 0, low: 0), workflow: WorkflowDefinition? = nil,
        results: [ExpressionOutcome] = [], policy: PolicyKnowledge = .none
    ) {
        self.now = now
        self.hasher = hasher
        self.limits = limits
        self.seed = seed
        self.workflow = workflow
        self.results = results
        self.policy = policy
    }
}

/// The outcome of a decision.
package enum Decision: Sendable {
    /// These events happen, possibly none, and the caller gets this reply once they are committed.
    case accept([any SessionEvent], CommandReply)
    /// Nothing happens, for this reason.
    case reject(Rejection)
    /// The values of these expressions are needed before the same command can be decided.
    case needs([Expression])
    /// The project's policy is needed before the same command can be decided.
    case needsPolicy
    /// What these counters of the policy have is needed before the same command can be decided.
    case needsCounters([CounterQuery])
}

/// What a caller is told about an accepted command.
package enum CommandReply: Sendable, Equatable {
    /// The session; new if `isNew`.
    case session(isNew: Bool)
    /// A request of the session; new if `isNew`.
    case request(RequestID, isNew: Bool)
}

/// A secret value, sealed at the edge for storage (I9).
package struct SealedSecret: Sendable, Equatable {
    /// The name under which it is kept.
    package let handle: SecretHandle
    /// The sealed box; opaque here.
    package let box: [UInt8]

    package init(handle: SecretHandle, box: [UInt8]) {
        self.handle = handle
        self.box = box
    }
}
