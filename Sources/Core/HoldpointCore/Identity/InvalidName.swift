/// A name or identifier that does not match the form its kind asks for.
package struct InvalidName: Error, Sendable, Equatable, CustomStringConvertible {
    /// What was being named, for example `tenant`.
    package let kind: String
    /// The form that is asked for, as a regular expression for people to read.
    package let form: String

    package init(kind: String, form: String) {
        self.kind = kind
        self.form = form
    }

    package var description: String { "a \(kind) must match \(form)" }
}

/// Checks shared by all names that travel in URLs.
enum NameForm {
    /// Whether `text` is 1 to `maximumLength` bytes of lower-case letters, digits and hyphens.
    static func isLabel(_ text: String, maximumLength: Int) -> Bool {
        let bytes = text.utf8
        guard !bytes.isEmpty, bytes.count <= maximumLength else { return false }
        return bytes.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): true
            default: false
            }
        }
    }

    /// Whether `text` is 1 to `maximumLength` bytes of letters, digits, dot, underscore and hyphen.
    static func isToken(_ text: String, maximumLength: Int) -> Bool {
        let bytes = text.utf8
        guard !bytes.isEmpty, bytes.count <= maximumLength else { return false }
        return bytes.allSatisfy(isTokenByte)
    }

    /// Whether a byte is a letter, a digit, dot, underscore or hyphen.
    static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    /// Whether `text` is 1 to `maximumLength` bytes of letters, digits and underscore, and begins with no digit.
    static func isWord(_ text: String, maximumLength: Int) -> Bool {
        guard isToken(text, maximumLength: maximumLength) else { return false }
        let isFree = text.utf8.allSatisfy { $0 != UInt8(ascii: ".") && $0 != UInt8(ascii: "-") }
        return isFree && text.utf8.first.map { !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ?? false
    }
}
