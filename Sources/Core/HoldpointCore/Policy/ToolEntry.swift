import JSON

/// What a policy says of some tools: their level, and their risk if it is not to be found out.
struct ToolEntry: Sendable {
    let selector: ToolSelector
    let level: ToolLevel
    let risk: Risk?
    /// Who may approve, and how many must; nil for whoever may answer.
    let approvers: Approvers?

    /// Reads an entry; nil if anything in it was refused.
    static func read(_ value: JSONValue, at pointer: JSONPointer, from list: inout JSONObjectReader) -> ToolEntry? {
        var reader = JSONObjectReader(value, at: pointer)
        let selector = ToolSelector.read(from: &reader)
        let level = ToolLevel.read("level", from: &reader)
        let risk = Risk.read("risk", from: &reader)
        let approvers = Approvers.read("approvers", from: &reader)
        if level == nil, reader.isSound { reader.fail("level", "is required") }
        let violations = reader.finish()
        list.add(violations)
        guard violations.isEmpty, let selector, let level else { return nil }
        return ToolEntry(selector: selector, level: level, risk: risk, approvers: approvers)
    }
}
