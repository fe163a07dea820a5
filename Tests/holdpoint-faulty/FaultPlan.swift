/// A place in the server's work at which it can be made to die.
enum FaultPoint: String, Sendable, CaseIterable {
    case beforeCommit = "before-commit"
    /// The events are committed, nobody has been told.
    case afterCommit = "after-commit"
    case afterReply = "after-reply"
    case beforeDoorbell = "before-doorbell"
    case afterDoorbell = "after-doorbell"
    /// Of a commit that expires a request.
    case beforeTimerCommit = "before-timer-commit"
    case afterTimerCommit = "after-timer-commit"
    /// Of a commit that brings a snapshot.
    case beforeSnapshotCommit = "before-snapshot-commit"
    case afterSnapshotCommit = "after-snapshot-commit"
    case beforeStore = "before-store"
    /// A command is stored, its 202 has not been sent.
    case afterStore = "after-store"
    /// Of whatever decides a stored command.
    case beforeOutcome = "before-outcome"
    case afterOutcome = "after-outcome"
    case duringRecovery = "during-recovery"
    /// A call may leave: what must be committed first is, and nothing has been sent.
    case beforeDispatch = "before-dispatch"
    /// A moment after a request of a call has begun to leave: nobody here has its answer.
    case duringDispatch = "during-dispatch"
    /// A call has come to an outcome that nobody here has been told.
    case afterDispatch = "after-dispatch"
    /// Of a commit that records what a call came to.
    case beforeCallOutcome = "before-call-outcome"
    case afterCallOutcome = "after-call-outcome"
    /// After a number of milliseconds that a seed gives.
    case random
}

/// What is to go wrong in this life of the process, as `HOLDPOINT_FAULT` says it.
enum FaultPlan: Sendable, Equatable {
    case none
    /// Die at the nth passage of a point.
    case kill(FaultPoint, nth: Int)
    /// Die after so many milliseconds.
    case killAfter(milliseconds: Int)
    /// Trap while events are recorded whose data contains this text.
    case trap(text: String)
    /// Nothing dies, but all sessions that start at a node which shares its store are of one shard.
    case oneShard

    /// The longest time to a random death, in milliseconds.
    private static let longestMilliseconds: UInt64 = 1_500

    /// Reads `POINT`, `POINT:NTH`, `random:SEED`, `trap-on:TEXT` or `one-shard`; nil for anything else.
    init?(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let value = parts.count > 1 ? parts[1] : nil
        if text.isEmpty {
            self = .none
        } else if parts[0] == "trap-on", let value, !value.isEmpty {
            self = .trap(text: value)
        } else if text == "one-shard" {
            self = .oneShard
        } else if parts[0] == FaultPoint.random.rawValue {
            guard let seed = UInt64(value ?? "0") else { return nil }
            // Knuth's multiplier spreads neighbouring seeds over the whole range.
            let spread = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            self = .killAfter(milliseconds: Int(spread >> 33 % Self.longestMilliseconds) + 1)
        } else {
            guard let point = FaultPoint(rawValue: parts[0]), let nth = Int(value ?? "1"), nth > 0 else { return nil }
            self = .kill(point, nth: nth)
        }
    }
}
