/// The name under which a project knows a session: `[A-Za-z0-9._-]{1,128}`, unique per project.
package struct SessionID: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The identifier as text.
    package let text: String

    /// Checks the form of a session's identifier; throws `InvalidName`.
    package init(_ text: String) throws(InvalidName) {
        guard NameForm.isToken(text, maximumLength: 128) else {
            throw InvalidName(kind: "session id", form: "[A-Za-z0-9._-]{1,128}")
        }
        self.text = text
    }

    package var description: String { text }

    package static func < (left: Self, right: Self) -> Bool { left.text < right.text }
}
