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
    /// The names of the rules that applied, or that could not be told to, in the policy's order.
    package let rules: [String]
    /// Why, for people; names nothing of the call's values.
    package let reasons: [String]
    /// What the call adds to the counters once it is let through.
    package let reservations: [CounterQuestion]

    /// Writes `{outcome, level, risk, confirmation, rules, reasons}`.
    package var json: JSONValue {
        [
            "outcome": .string(outcome.rawValue), "level": .string(level.name), "risk": .string(risk.rawValue),
            "confirmation": confirmation.map { .string($0.rawValue) } ?? .null,
            "rules": .array(rules.map { .string($0) }), "reasons": .array(reasons.map { .string($0) }),
        ]
    }
}
