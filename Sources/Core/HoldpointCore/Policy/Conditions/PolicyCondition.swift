import JSON

/// When a rule applies.
indirect enum PolicyCondition: Sendable, Equatable {
    case argument(JSONPointer, ValueTest)
    case label(String, ValueTest)
    case agent([Glob])
    case user([Glob])
    case time(TimeRule)
    case counter(CounterRule)
    case all([PolicyCondition])
    case any([PolicyCondition])
    case not(PolicyCondition)

    /// Judges a call; of several conditions one that settles the matter wins over one that cannot be told.
    func judge(_ call: PolicyCall, _ facts: PolicyFacts, steps: inout Int) -> PolicyTruth {
        switch self {
        case .argument(let pointer, let test):
            return test.judge(pointer.resolve(in: call.arguments), named: pointer.description, steps: &steps)
        case .label(let name, let test): return Self.judgeLabel(name, test, call, steps: &steps)
        case .agent(let globs): return PolicyTruth(globs.match(call.agent))
        case .user(let globs): return PolicyTruth(globs.match(call.user))
        case .time(let rule): return PolicyTruth(rule.contains(call.time))
        case .counter(let rule): return Self.judgeCounter(rule, call, facts)
        case .all(let conditions):
            return Self.first(of: conditions, settledBy: .fails) { $0.judge(call, facts, steps: &steps) }
        case .any(let conditions):
            return Self.first(of: conditions, settledBy: .holds) { $0.judge(call, facts, steps: &steps) }
        case .not(let condition): return condition.judge(call, facts, steps: &steps).negated
        }
    }

    /// A label that a session does not have is like none: it is a name for people, not a part of the call.
    private static func judgeLabel(
        _ name: String, _ test: ValueTest, _ call: PolicyCall, steps: inout Int
    ) -> PolicyTruth {
        let value = call.label(name)
        if value == nil {
            switch test {
            case .equals, .isOneOf, .matches: return .fails
            case .differs: return .holds
            case .exists, .above, .below: break
            }
        }
        return test.judge(value.map { .string($0) }, named: "the label \(name)", steps: &steps)
    }

    private static func judgeCounter(_ rule: CounterRule, _ call: PolicyCall, _ facts: PolicyFacts) -> PolicyTruth {
        do {
            let question = try rule.question(about: call)
            guard let earlier = facts[question] else { return .unknown("the counter \(rule.name) cannot be read") }
            return rule.judge(question, earlier: earlier)
        } catch {
            return .unknown(error.reason)
        }
    }

    private static func first(
        of conditions: [PolicyCondition], settledBy settling: PolicyTruth, judge: (PolicyCondition) -> PolicyTruth
    ) -> PolicyTruth {
        var outcome = settling.negated
        for condition in conditions {
            let truth = judge(condition)
            if truth == settling { return settling }
            if case .unknown = truth, outcome == settling.negated { outcome = truth }
        }
        return outcome
    }

    /// Every counter that it looks at.
    var counters: [CounterRule] {
        switch self {
        case .counter(let rule): [rule]
        case .all(let conditions), .any(let conditions): conditions.flatMap(\.counters)
        case .not(let condition): condition.counters
        case .argument, .label, .agent, .user, .time: []
        }
    }

    /// The condition in words, for the people who are asked; names what the policy says, and nothing of the call.
    var words: String {
        switch self {
        case .argument(let pointer, let test): "\(pointer) \(test.words)"
        case .label(let name, let test): "the label \(name) \(test.words)"
        case .agent(let globs): "the agent is \(Self.either(globs))"
        case .user(let globs): "the user is \(Self.either(globs))"
        case .time: "it is that time of the week"
        case .counter(let rule): rule.words
        case .all(let conditions): conditions.map(\.words).joined(separator: " and ")
        case .any(let conditions): "(\(conditions.map(\.words).joined(separator: " or ")))"
        case .not(let condition): "not (\(condition.words))"
        }
    }

    private static func either(_ globs: [Glob]) -> String { globs.map(\.text).joined(separator: " or ") }
}
