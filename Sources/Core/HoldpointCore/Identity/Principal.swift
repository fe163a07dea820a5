/// Who acts: an API key, a user for whom a key speaks, or Holdpoint itself.
package struct Principal: Sendable, Hashable, CustomStringConvertible {
    /// The text form, `key:<id>`, `user:<id>` or `system:<part>`; it is what events and views show.
    package let text: String

    private init(text: String) {
        self.text = text
    }

    /// The holder of an API key, by the key's public id.
    package static func key(_ id: String) -> Principal { Principal(text: "key:" + id) }

    /// A user of the project; which key spoke for them is recorded beside (`Responder`).
    package static func user(_ id: UserID) -> Principal { Principal(text: "user:" + id.text) }

    /// The engine itself, when a deadline or the end of a session acts.
    package static let engine = Principal(text: "system:engine")

    /// A project's policy, when it answers a permission for which no human is needed, or that none may give.
    package static let policy = Principal(text: "system:policy")

    /// Reads back what `text` wrote; the form is checked where a principal enters, not here.
    package init(recorded text: String) {
        self.text = text
    }

    package var description: String { text }
}
