/// A version of a project's policy, ready to judge.
package final class PolicyInForce: Sendable {
    /// 1, 2, 3 … within the project.
    package let version: Int64
    /// What it says.
    package let policy: Policy

    package init(version: Int64, policy: Policy) {
        self.version = version
        self.policy = policy
    }
}

/// What a decision is told of its project's policy, since it may fetch nothing for itself.
package struct PolicyKnowledge: Sendable {
    /// Whether the project has a policy.
    package enum Standing: Sendable {
        /// Nobody has looked yet.
        case unknown
        /// It has none: every call runs.
        case none
        /// This one judges.
        case inForce(PolicyInForce)
    }

    /// Whether the project has a policy.
    package let standing: Standing
    /// What counters have, those that were asked for so far.
    package let readings: [CounterQuery: CounterReading]
    /// What the same commit adds to them before the events of this decision.
    package let pending: CounterAdditions

    package init(
        _ standing: Standing, readings: [CounterQuery: CounterReading] = [:],
        pending: CounterAdditions = CounterAdditions()
    ) {
        self.standing = standing
        self.readings = readings
        self.pending = pending
    }

    /// A project without a policy.
    package static let none = PolicyKnowledge(.none)
}

/// What is added to counters and not yet where readings come from.
package struct CounterAdditions: Sendable {
    private var entries: [CounterKey: [CounterEntry]] = [:]
    /// How many there are.
    private(set) var count = 0

    package init() {}

    /// Takes what a commit is to change; what it releases is left in, which errs on the side of asking.
    package mutating func add(_ changes: [CounterChange]) {
        for change in changes {
            switch change {
            case .reserve(let key, _, let entry), .add(let key, let entry):
                entries[key, default: []].append(entry)
                count += 1
            case .release: break
            }
        }
    }

    /// What a query about a counter would find more.
    func sum(_ query: CounterQuery) -> Int64 {
        var sum: Int64 = 0
        for entry in entries[query.key] ?? [] where query.counts(entry) {
            let (next, overflow) = sum.addingReportingOverflow(entry.amount)
            sum = overflow ? .max : next
        }
        return sum
    }
}

extension CounterQuery {
    /// Whether an entry is one of those that are asked for.
    package func counts(_ entry: CounterEntry) -> Bool {
        (since.map { $0 < entry.time } ?? true) && (entry.id.number == 0 || entry.id != besides)
    }

    /// What a policy asks of a counter about a call.
    ///
    /// - Parameter besides: What the call itself has added already, when it is judged again.
    package init(_ question: CounterQuestion, at time: Timestamp, besides: CounterEntryID? = nil) {
        self.init(
            key: question.key, since: question.window == 0 ? nil : time.adding(milliseconds: -question.window),
            besides: question.countsAtDispatch ? nil : besides)
    }
}
