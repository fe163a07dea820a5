package import JSON

/// Everything that an advance needs and may not fetch for itself.
package struct WorkflowContext: Sendable {
    /// Whose workflow it is.
    package let session: SessionIdentity
    /// When the session started.
    package let startedAt: Timestamp
    /// What the session was started with.
    package let input: JSONValue
    /// The session's time of the decision.
    package let now: Timestamp
    /// The number of the first event that the advance brings about.
    package let firstSequence: Int64
    /// For digests, request ids and the spread of retries.
    package let hasher: any Hasher
    /// 128 random bits of this decision, the same in each of its rounds: nobody can guess what is made from them.
    package let seed: Identifier128
    /// What the expressions of earlier rounds of the same decision came to, in the order they were asked.
    package let results: [ExpressionOutcome]
    /// The most bytes that one value may take, and that the record of an advance or of an act may take.
    package let maximumBytes: Int
    /// Whether no further task is to begin, so that the workflow can go on in another session.
    package let isClosing: Bool
    /// How many sessions this one is within: 0 if no other started it.
    package let depth: Int64
    /// Judges calls before they are made.
    package let judge: CallJudge
    /// The digests of calls that were blocked before and wait for people to release them.
    package let deferrals: [Digest]

    package init(
        session: SessionIdentity, startedAt: Timestamp, input: JSONValue, now: Timestamp,
        firstSequence: Int64,
        hasher: any Hasher, seed: Identifier128, results: [ExpressionOutcome] = [],
        maximumBytes: Int = WorkflowLimits.dataBytes, isClosing: Bool = false,
        depth: Int64 = 0, judge: CallJudge = .none,
        deferrals: [Digest] = []
    ) {
        self.session = session
        self.startedAt = startedAt
        self.input = input
        self.now = now
        self.firstSequence = firstSequence
        self.hasher = hasher
        self.seed = seed
        self.results = results
        self.maximumBytes = maximumBytes
        self.isClosing = isClosing
        self.depth = depth
        self.judge = judge
        self.deferrals = deferrals
    }

    /// Bits that are the same in each round of a decision, and in no other decision.
    func bits(_ first: Int64, _ second: Int64) -> Digest {
        var bytes: [UInt8] = []
        for part in [session.key.value.high, session.key.value.low, seed.high, seed.low] {
            withUnsafeBytes(of: part.bigEndian) { bytes.append(contentsOf: $0) }
        }
        for part in [first, second] {
            withUnsafeBytes(of: part.bigEndian) { bytes.append(contentsOf: $0) }
        }
        return hasher.sha256(bytes)
    }

    /// The key under which a called service may tell a repetition: `tenant:project:session:seq`.
    package static func idempotencyKey(of effect: Int64, in session: SessionIdentity) -> String {
        "\(session.scope.tenant):\(session.scope.project):\(session.id):\(effect)"
    }
}

/// The outcome of an advance.
package enum WorkflowDecision: Sendable, Equatable {
    /// The values of these expressions are needed first.
    case needs([Expression])
    /// The project's policy must be looked up first.
    case needsPolicy
    /// These counters of the policy must be read first.
    case needsCounters([CounterQuery])
    /// It went as far as it can.
    case advanced(WorkflowAdvance)
}

/// What an advance comes to: a new place, and what it brings about.
package struct WorkflowAdvance: Sendable, Equatable {
    /// The new place.
    package let place: WorkflowPlace
    /// The new place as text, if it had to be measured.
    var text = PlaceText.none
    /// What happens, in order.
    package let acts: [WorkflowAct]
    /// The tasks that came to their end, in order; at most `WorkflowLimits.recordedTasks`, the last ones.
    package let finishedTasks: [String]
}
