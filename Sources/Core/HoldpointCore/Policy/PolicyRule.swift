import JSON

/// A rule that raises the level or the risk of some calls, or lowers them if it is marked so.
struct PolicyRule: Sendable {
    let name: String
    /// The calls that it is about, by the number of the selection in the policy's index; nil for all.
    let selection: Int?
    /// When it applies; nil for always.
    let condition: PolicyCondition?
    let level: ToolLevel?
    let risk: Risk?
    let lowers: Bool
    /// Who may approve a call that it applies to, and how many must; nil for whoever may answer.
    let approvers: Approvers?
    /// What people are told.
    let reason: String
    /// The numbers of the counters that its condition looks at.
    let counters: [Int]

    func isAbout(_ evaluation: inout PolicyEvaluation) -> Bool {
        if let selection { evaluation.isAbout(selection) } else { true }
    }
}

extension PolicyRule {
    /// Reads a rule; nil if anything in it was refused.
    static func read(
        _ value: JSONValue, at pointer: JSONPointer, from list: inout JSONObjectReader, index: inout PolicyIndex
    ) -> PolicyRule? {
        var reader = JSONObjectReader(value, at: pointer)
        let name = reader.requiredString("name", maximumLength: PolicyLimits.nameLength)
        let tools = ToolSelector.readList("tools", from: &reader)
        let condition = readCondition(&reader, rule: name ?? "", index: &index)
        let level = ToolLevel.read("level", from: &reader)
        let risk = Risk.read("risk", from: &reader)
        let approvers = Approvers.read("approvers", from: &reader)
        let lowers = reader.optionalBool("lowers") ?? false
        let reason = reader.optionalString("reason", maximumLength: PolicyLimits.reasonLength)
        if name?.isEmpty == true { reader.fail("name", "must not be empty") }
        if level == nil, risk == nil, approvers == nil, reader.isSound {
            reader.fail("level", "is required, or risk, or approvers")
        }
        if lowers, approvers != nil { reader.fail("approvers", "cannot be lowered: a rule that lowers has none") }
        let violations = reader.finish()
        list.add(violations)
        guard violations.isEmpty, let name else { return nil }
        return PolicyRule(
            name: name, selection: tools.map { index.number(of: $0) }, condition: condition, level: level, risk: risk,
            lowers: lowers, approvers: approvers,
            reason: reason ?? condition?.words ?? "always asked for by the policy",
            counters: condition?.counters ?? [])
    }

    private static func readCondition(
        _ reader: inout JSONObjectReader, rule: String, index: inout PolicyIndex
    ) -> PolicyCondition? {
        guard let value = reader.optionalValue("when") else { return nil }
        var conditions = ConditionReader(rule: rule, index: index)
        let condition = conditions.read(value, at: reader.pointer(to: "when"))
        reader.add(conditions.violations)
        index = conditions.index
        return condition
    }
}
