/// The name of a person in a project, as the platform knows them: `[A-Za-z0-9._@-]{1,128}`.
package struct UserID: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The form, for people and for the description of the API.
    package static let form = "[A-Za-z0-9._@-]{1,128}"

    /// The name as text.
    package let text: String

    /// Checks the form of a user's id; throws `InvalidName`.
    package init(_ text: String) throws(InvalidName) {
        let bytes = text.utf8
        let fits = bytes.allSatisfy { NameForm.isTokenByte($0) || $0 == UInt8(ascii: "@") }
        guard fits, (1...128).contains(bytes.count) else { throw InvalidName(kind: "user", form: Self.form) }
        self.text = text
    }

    package var description: String { text }

    package static func < (left: Self, right: Self) -> Bool { left.text < right.text }
}

/// The name of a group of people in a project: `[A-Za-z0-9._-]{1,64}`.
package struct GroupName: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The form, for people and for the description of the API.
    package static let form = "[A-Za-z0-9._-]{1,64}"

    /// The name as text.
    package let text: String

    /// Checks the form of a group's name; throws `InvalidName`.
    package init(_ text: String) throws(InvalidName) {
        guard NameForm.isToken(text, maximumLength: 64) else { throw InvalidName(kind: "group", form: Self.form) }
        self.text = text
    }

    package var description: String { text }

    package static func < (left: Self, right: Self) -> Bool { left.text < right.text }
}
