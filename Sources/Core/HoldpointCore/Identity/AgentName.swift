/// The name of an agent within its project: `[A-Za-z0-9._-]{1,63}`.
package struct AgentName: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The name as text.
    package let text: String

    /// Checks the form of an agent's name; throws `InvalidName`.
    package init(_ text: String) throws(InvalidName) {
        guard NameForm.isToken(text, maximumLength: 63) else {
            throw InvalidName(kind: "agent", form: "[A-Za-z0-9._-]{1,63}")
        }
        self.text = text
    }

    package var description: String { text }

    package static func < (left: Self, right: Self) -> Bool { left.text < right.text }
}
