/// The name of a project's secret, as documents write it after `$secrets.`: `[A-Za-z_][A-Za-z0-9_]{0,62}`.
package struct SecretName: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The form, for people and for the description of the API.
    package static let form = "[A-Za-z_][A-Za-z0-9_]{0,62}"

    /// The name as text.
    package let text: String

    /// Checks the form of a secret's name; throws `InvalidName`.
    package init(_ text: String) throws(InvalidName) {
        guard NameForm.isWord(text, maximumLength: 63) else { throw InvalidName(kind: "secret", form: Self.form) }
        self.text = text
    }

    package var description: String { text }

    package static func < (left: Self, right: Self) -> Bool { left.text < right.text }
}
