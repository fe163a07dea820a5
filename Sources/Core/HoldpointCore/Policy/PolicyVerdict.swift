package import JSON

/// What a policy says of one call.
package struct PolicyVerdict: Sendable, Equatable {
    /// What becomes of the call.
    package enum Outcome: String, Sendable, Equatable, CaseIterable {
        /// It runs.
        case run
        /// It runs, and people are told.
        case notify
        /// A human approves, edits or rejects it first.
        case ask
        /// No agent may do it.
        case block
    }

    package let outcome: Outcome
    /// The level after all rules.
    package let level: ToolLevel
    package let risk: Risk
    /// What the human is asked to do; nil where none is asked.
    package let confirmation: Confirmation?
    /// What must be typed to approve it, if anything must.
    package let phrase: String?
    /// The names of the rules that applied, or that could not be told to, in the policy's order.
    package let rules: [String]
    /// Why, for people; names nothing of the call's values.
    package let reasons: [String]
    /// Who may approve it, and how many must; nil for whoever may answer.
    package let approvers: Approvers?
    /// What the call adds to the counters once it is let through.
    package let reservations: [CounterQuestion]

    package init(
        outcome: Outcome, level: ToolLevel, risk: Risk, confirmation: Confirmation?, phrase: String? = nil,
        rules: [String], reasons: [String], approvers: Approvers? = nil, reservations: [CounterQuestion]
    ) {
        self.outcome = outcome
        self.level = level
        self.risk = risk
        self.confirmation = confirmation
        self.phrase = phrase
        self.rules = rules
        self.reasons = reasons
        self.approvers = approvers
        self.reservations = reservations
    }

    /// Writes `{outcome, level, risk, confirmation, phrase, rules, reasons, approvers}`.
    package var json: JSONValue {
        [
            "outcome": .string(outcome.rawValue), "level": .string(level.name), "risk": .string(risk.rawValue),
            "confirmation": confirmation.map { .string($0.rawValue) } ?? .null,
            "phrase": phrase.map { .string($0) } ?? .null,
            "rules": .array(rules.map { .string($0) }), "reasons": .array(reasons.map { .string($0) }),
            "approvers": approvers?.json ?? .null,
        ]
    }
}

extension Policy {
    /// A verdict on a call that a human decides about although no rule asks for one: the caller wants it so, or no
    /// agent may make it and people are asked to release it.
    ///
    /// - Parameters:
    ///   - tool: The call's tool, which must be typed if a phrase is asked for.
    ///   - others: Who must allow it besides.
    func asking(_ verdict: PolicyVerdict, about tool: String, besides others: Approvers? = nil) -> PolicyVerdict {
        if verdict.outcome == .ask { return verdict }
        let confirmation = risks.confirmation(of: verdict.risk)
        let needsTwo = confirmation == .double && risks.double == .secondPerson
        let lists = [verdict.approvers, others, needsTwo ? Approvers(quorum: 2) : nil].compactMap(\.self)
        let approvers = lists.dropFirst().reduce(lists.first) { $0?.merged(with: $1) }
        return PolicyVerdict(
            outcome: .ask, level: verdict.level, risk: verdict.risk, confirmation: confirmation,
            phrase: confirmation == .double && !needsTwo ? tool : nil, rules: verdict.rules,
            reasons: verdict.reasons, approvers: approvers, reservations: verdict.reservations)
    }
}
