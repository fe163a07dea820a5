import JSON

/// How freely agents may use a tool.
package enum ToolLevel: Int, Sendable, Hashable, Comparable, CaseIterable {
    /// L0: it changes nothing, and runs.
    case readOnly
    /// L1: it runs if the agent is confident enough, and needs a human otherwise.
    case minor
    /// L2: it runs, and people are told.
    case moderate
    /// L3: a human approves, edits or rejects it first.
    case sensitive
    /// L4: never by an agent.
    case forbidden

    /// The level under its name, `L0` to `L4`; nil for any other text.
    package init?(name: String) {
        guard let level = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = level
    }

    /// `L0` to `L4`.
    package var name: String { "L\(rawValue)" }

    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

    /// Reads an optional level; a text that is none is recorded in the reader.
    static func read(_ key: String, from reader: inout JSONObjectReader) -> ToolLevel? {
        guard let text = reader.optionalString(key) else { return nil }
        guard let level = ToolLevel(name: text) else {
            reader.fail(key, "must be L0, L1, L2, L3 or L4")
            return nil
        }
        return level
    }
}
