import JSON

/// When a rule applies.
indirect enum PolicyCondition: Sendable {
    /// The value at a place, by its number in the policy's index, and that place.
    case argument(Int, JSONPointer, ValueTest)
    case label(String, ValueTest)
    case agent([Glob])
    case user([Glob])
    case time(TimeRule)
    /// A counter, by its number in the policy's index.
    case counter(Int, CounterRule)
    case all([PolicyCondition])
    case any([PolicyCondition])
    case not(PolicyCondition)

    /// Judges a call; of several conditions one that settles the matter wins over one that cannot be told.
    func judge(_ evaluation: inout PolicyEvaluation) -> PolicyTruth {
        switch self {
        case .argument(let place, _, let test): return evaluation.judge(place, by: test)
        case .counter(let number, _): return evaluation.judge(counter: number)
        case .label(let name, let test): return Self.judgeLabel(name, test, evaluation.call)
        case .agent(let globs): return PolicyTruth(globs.match(evaluation.call.agent))
        case .user(let globs): return PolicyTruth(globs.match(evaluation.call.user))
        case .time(let rule): return PolicyTruth(rule.contains(evaluation.call.time))
        case .all(let conditions): return Self.first(of: conditions, settledBy: .fails, &evaluation)
        case .any(let conditions): return Self.first(of: conditions, settledBy: .holds, &evaluation)
        case .not(let condition): return condition.judge(&evaluation).negated
        }
    }

    /// A label that a session does not have is like none: it is a name for people, not a part of the call.
    private static func judgeLabel(
        _ name: String, _ test: ValueTest, _ call: PolicyCall
    ) -> PolicyTruth {
        let value = call.label(name)
        if value == nil {
            switch test {
            case .equals, .isOneOf, .matches: return .fails
            case .differs: return .holds
            case .exists, .above, .below: break
            }
        }
        return test.judge(value.map { .string($0) }, named: "the label \(name)")
    }

    private static func first(
        of conditions: [PolicyCondition], settledBy settling: PolicyTruth, _ evaluation: inout PolicyEvaluation
    ) -> PolicyTruth {
        var doubt: PolicyTruth?
        for condition in conditions {
            let truth = condition.judge(&evaluation)
            if truth == settling { return settling }
            if doubt == nil, case .unknown = truth { doubt = truth }
        }
        return doubt ?? settling.negated
    }

    /// The numbers of the counters that it looks at.
    var counters: [Int] {
        switch self {
        case .counter(let number, _): [number]
        case .all(let conditions), .any(let conditions): conditions.flatMap(\.counters)
        case .not(let condition): condition.counters
        case .argument, .label, .agent, .user, .time: []
        }
    }

    /// How many patterns it matches with.
    var patternCount: Int {
        switch self {
        case .argument(_, _, .matches), .label(_, .matches): 1
        case .all(let conditions), .any(let conditions): conditions.reduce(0) { $0 + $1.patternCount }
        case .not(let condition): condition.patternCount
        case .argument, .label, .agent, .user, .time, .counter: 0
        }
    }

    /// The condition in words, for the people who are asked; names what the policy says, and nothing of the call.
    var words: String {
        switch self {
        case .argument(_, let pointer, let test): "\(pointer) \(test.words)"
        case .label(let name, let test): "the label \(name) \(test.words)"
        case .agent(let globs): "the agent is \(Self.either(globs))"
        case .user(let globs): "the user is \(Self.either(globs))"
        case .time: "it is that time of the week"
        case .counter(_, let rule): rule.words
        case .all(let conditions): conditions.map(\.words).joined(separator: " and ")
        case .any(let conditions): "(\(conditions.map(\.words).joined(separator: " or ")))"
        case .not(let condition): "not (\(condition.words))"
        }
    }

    private static func either(_ globs: [Glob]) -> String { globs.map(\.text).joined(separator: " or ") }
}
