import JSON

extension Policy {
    /// Judges a call; pure, and the same for the same call and facts.
    ///
    /// What cannot be told, be it that an argument is missing or that a counter cannot be read, needs a human: it fails
    /// closed.
    ///
    /// - Parameters:
    ///   - call: The call.
    ///   - facts: The answers to `questions(about:)`.
    package func verdict(on call: PolicyCall, facts: PolicyFacts) -> PolicyVerdict {
        let entry = tools.first { $0.selector.matches(call) }
        var judgement = Judgement(
            level: entry?.level ?? fallbackLevel,
            risk: entry == nil ? fallbackRisk ?? risks.risk(of: call) : entry?.risk ?? risks.risk(of: call),
            approvers: entry?.approvers)
        var evaluation = PolicyEvaluation(call, index: index, facts: facts)
        // By their numbers, since to copy a rule takes longer than to judge by it.
        for number in rules.indices where rules[number].isAbout(&evaluation) {
            switch rules[number].condition?.judge(&evaluation) ?? .holds {
            case .holds: judgement.apply(rules[number])
            case .fails: break
            case .unknown(let why): judgement.doubt(rules[number], why)
            }
        }
        return judgement.verdict(self, call, reservations: questions(&evaluation))
    }

    /// What the rules have made of a call so far.
    private struct Judgement {
        private var level: ToolLevel
        private var risk: Risk
        private var raisedLevel = ToolLevel.readOnly
        private var raisedRisk = Risk.low
        private var approvers: Approvers?
        private var rules: [String] = []
        private var reasons: [String] = []

        init(level: ToolLevel, risk: Risk, approvers: Approvers?) {
            self.level = level
            self.risk = risk
            self.approvers = approvers
        }

        private mutating func restrict(to others: Approvers?) {
            guard let others else { return }
            approvers = approvers?.merged(with: others) ?? others
        }

        mutating func apply(_ rule: PolicyRule) {
            rules.append(rule.name)
            reasons.append(rule.reason)
            restrict(to: rule.approvers)
            if rule.lowers {
                if let lower = rule.level { level = min(level, lower) }
                if let lower = rule.risk { risk = min(risk, lower) }
            } else {
                if let higher = rule.level { raisedLevel = max(raisedLevel, higher) }
                if let higher = rule.risk { raisedRisk = max(raisedRisk, higher) }
            }
        }

        mutating func doubt(_ rule: PolicyRule, _ why: String) {
            rules.append(rule.name)
            reasons.append("\(rule.name) cannot be judged: \(why)")
            restrict(to: rule.approvers)
            raisedLevel = max(raisedLevel, .sensitive)
        }

        func verdict(_ policy: Policy, _ call: PolicyCall, reservations: [CounterQuestion]) -> PolicyVerdict {
            let level = max(level, raisedLevel)
            let risk = max(risk, raisedRisk)
            var reasons = reasons
            let outcome: PolicyVerdict.Outcome
            switch level {
            case .readOnly: outcome = .run
            case .moderate: outcome = .notify
            case .sensitive: outcome = .ask
            case .forbidden: outcome = .block
            case .minor:
                let isSure = call.confidence.map { !($0 < policy.confidence) } ?? false
                outcome = isSure ? .run : .ask
                if !isSure { reasons.append(Self.unsure(call, policy)) }
            }
            if reasons.isEmpty, outcome == .ask || outcome == .block {
                reasons.append("the policy puts this tool at level \(level.name)")
            }
            let confirmation = outcome == .ask ? policy.risks.confirmation(of: risk) : nil
            var approvers = approvers
            if confirmation == .double, policy.risks.double == .secondPerson {
                let two = Approvers(quorum: 2)
                approvers = approvers?.merged(with: two) ?? two
            }
            return PolicyVerdict(
                outcome: outcome, level: level, risk: risk, confirmation: confirmation,
                phrase: confirmation == .double && policy.risks.double == .phrase ? call.tool : nil, rules: rules,
                reasons: reasons, approvers: outcome == .ask || outcome == .block ? approvers : nil,
                reservations: reservations)
        }

        private static func unsure(_ call: PolicyCall, _ policy: Policy) -> String {
            call.confidence == nil
                ? "the agent states no confidence"
                : "the agent's confidence is under \(policy.confidence.text)"
        }
    }
}
