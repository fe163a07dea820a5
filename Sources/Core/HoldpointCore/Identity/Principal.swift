/// Who acts: an API key, or Holdpoint itself.
package struct Principal: Sendable, Hashable, CustomStringConvertible {
    /// The text form, `key:<id>` or `system:<part>`; it is what events and views show.
    package let text: String

    private init(text: String) {
        self.text = text
    }

    /// The holder of an API key, by the key's public id.
    package static func key(_ id: String) -> Principal { Principal(text: "key:" + id) }

    /// The engine itself, when a deadline or the end of a session acts.
    package static let engine = Principal(text: "system:engine")

    /// Reads back what `text` wrote; the form is checked where a principal enters, not here.
    package init(recorded text: String) {
        self.text = text
    }

    package var description: String { text }
}
