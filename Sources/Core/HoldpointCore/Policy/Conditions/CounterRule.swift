import JSON

/// A condition about earlier calls: whether a value comes for the first time, or how many calls there were, or how much
/// they came to, within a window.
struct CounterRule: Sendable, Hashable {
    enum Subject: Sendable, Hashable {
        /// The value at that place of the arguments was not seen before.
        case firstSeen(JSONPointer)
        /// There are more calls than the bound, this one included.
        case count
        /// The values at that place of the arguments come to more than the bound, this one included; in millionths.
        case sum(JSONPointer)
    }

    /// By what calls are counted apart.
    enum Partition: Sendable, Hashable {
        case agent
        case user
        case tool
        case argument(JSONPointer)
    }

    let subject: Subject
    /// The counter's name within the project; the rule's unless it has its own.
    let name: String
    let partitions: [Partition]
    /// Milliseconds before the call; 0 for ever.
    let window: Int64
    let bound: Int64
    let orEqual: Bool

    /// What must be known of earlier calls; throws why that cannot be told.
    func question(about call: PolicyCall) throws(PolicyDoubt) -> CounterQuestion {
        var parts: [JSONValue] = [.string(name), .string(subject.name)]
        for partition in partitions { parts.append(try partition.value(in: call)) }
        if case .firstSeen(let pointer) = subject { parts.append(try Self.scalar(at: pointer, in: call)) }
        return CounterQuestion(
            key: try CounterKey(parts), window: window, amount: try amount(of: call),
            countsAtDispatch: subject.isFirstSeen)
    }

    /// What the call adds.
    private func amount(of call: PolicyCall) throws(PolicyDoubt) -> Int64 {
        guard case .sum(let pointer) = subject else { return 1 }
        guard let value = pointer.resolve(in: call.arguments) else { throw PolicyDoubt("\(pointer) is not there") }
        guard let amount = PolicyNumber.millionths(value) else {
            throw PolicyDoubt("\(pointer) is no number of at most six decimals")
        }
        guard amount >= 0 else { throw PolicyDoubt("\(pointer) is negative") }
        return amount
    }

    /// Judges what is known of earlier calls.
    func judge(_ question: CounterQuestion, earlier: Int64) -> PolicyTruth {
        if subject.isFirstSeen { return PolicyTruth(earlier == 0) }
        let (total, overflow) = earlier.addingReportingOverflow(question.amount)
        return PolicyTruth(overflow || (orEqual ? total >= bound : total > bound))
    }

    fileprivate static func scalar(at pointer: JSONPointer, in call: PolicyCall) throws(PolicyDoubt) -> JSONValue {
        switch pointer.resolve(in: call.arguments) {
        case nil: throw PolicyDoubt("\(pointer) is not there")
        case .array, .object: throw PolicyDoubt("\(pointer) is neither a text nor a number")
        case .some(let value): return value
        }
    }

    /// The condition in words.
    var words: String {
        switch subject {
        case .firstSeen(let pointer): "\(pointer) comes for the first time"
        case .count: "more calls than the policy allows within its window"
        case .sum(let pointer): "\(pointer) comes to more than the policy allows within its window"
        }
    }
}

extension CounterRule.Subject {
    var name: String {
        switch self {
        case .firstSeen: "first_seen"
        case .count: "count"
        case .sum: "sum"
        }
    }

    var isFirstSeen: Bool {
        if case .firstSeen = self { true } else { false }
    }
}

extension CounterRule.Partition {
    fileprivate func value(in call: PolicyCall) throws(PolicyDoubt) -> JSONValue {
        switch self {
        case .agent: return call.agent.map { .string($0) } ?? .null
        case .user: return call.user.map { .string($0) } ?? .null
        case .tool: return .string(call.tool)
        case .argument(let pointer): return try CounterRule.scalar(at: pointer, in: call)
        }
    }
}

/// Why it cannot be told whether a condition holds; names no value of the call.
struct PolicyDoubt: Error {
    let reason: String

    init(_ reason: String) { self.reason = reason }
}
