import JSON

/// A rule that raises the level or the risk of some calls, or lowers them if it is marked so.
struct PolicyRule: Sendable, Equatable {
    let name: String
    /// The calls that it is about; nil for all.
    let tools: [ToolSelector]?
    /// When it applies; nil for always.
    let condition: PolicyCondition?
    let level: ToolLevel?
    let risk: Risk?
    let lowers: Bool
    /// What people are told.
    let reason: String
    /// The counters that its condition looks at.
    let counters: [CounterRule]

    func isAbout(_ call: PolicyCall) -> Bool { tools?.contains { $0.matches(call) } ?? true }
}

extension PolicyRule {
    /// Reads a rule; nil if anything in it was refused.
    static func read(_ value: JSONValue, at pointer: JSONPointer, from list: inout JSONObjectReader) -> PolicyRule? {
        var reader = JSONObjectReader(value, at: pointer)
        let name = reader.requiredString("name", maximumLength: PolicyLimits.nameLength)
        let tools = ToolSelector.readList("tools", from: &reader)
        let condition = readCondition(&reader, rule: name ?? "")
        let level = ToolLevel.read("level", from: &reader)
        let risk = Risk.read("risk", from: &reader)
        let lowers = reader.optionalBool("lowers") ?? false
        let reason = reader.optionalString("reason", maximumLength: PolicyLimits.reasonLength)
        if name?.isEmpty == true { reader.fail("name", "must not be empty") }
        if level == nil, risk == nil, reader.isSound { reader.fail("level", "is required, or risk") }
        let violations = reader.finish()
        list.add(violations)
        guard violations.isEmpty, let name else { return nil }
        return PolicyRule(
            name: name, tools: tools, condition: condition, level: level, risk: risk, lowers: lowers,
            reason: reason ?? condition?.words ?? "always asked for by the policy",
            counters: condition?.counters ?? [])
    }

    private static func readCondition(_ reader: inout JSONObjectReader, rule: String) -> PolicyCondition? {
        guard let value = reader.optionalValue("when") else { return nil }
        var conditions = ConditionReader(rule: rule)
        let condition = conditions.read(value, at: reader.pointer(to: "when"))
        reader.add(conditions.violations)
        return condition
    }
}
