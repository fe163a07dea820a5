import JSON

/// A pattern for names: `*` is any characters or none, `?` any one, and every other character itself.
///
/// Case counts. There is no escape: names that hold an asterisk are matched by `?`.
package struct Glob: Sendable, Equatable {
    /// The glob as it was written.
    package let text: String
    private enum Form: Sendable, Equatable {
        case everything
        case literal
        /// An asterisk at the end and no other sign.
        case prefix(String)
        /// An asterisk at the beginning and no other sign.
        case suffix(String)
        case general([Unicode.Scalar])
    }

    private let form: Form

    /// Reads a glob of 1 to `PolicyLimits.globBytes` bytes; nil for any other text.
    package init?(_ text: String) {
        guard (1...PolicyLimits.globBytes).contains(text.utf8.count) else { return nil }
        self.text = text
        let signs = text.utf8.count { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "?") }
        if text == "*" {
            form = .everything
        } else if signs == 0 {
            form = .literal
        } else if signs == 1, text.utf8.last == UInt8(ascii: "*") {
            form = .prefix(String(text.unicodeScalars.dropLast()))
        } else if signs == 1, text.utf8.first == UInt8(ascii: "*") {
            form = .suffix(String(text.unicodeScalars.dropFirst()))
        } else {
            form = .general(Array(text.unicodeScalars))
        }
    }

    /// Whether the whole name matches; in time of at most the product of both lengths.
    package func matches(_ name: String) -> Bool {
        switch form {
        case .everything: true
        case .literal: name.hasSameBytes(as: text)
        case .prefix(let beginning): name.utf8.starts(with: beginning.utf8)
        case .suffix(let end):
            name.utf8.count >= end.utf8.count && name.utf8.suffix(end.utf8.count).elementsEqual(end.utf8)
        case .general(let scalars): Self.match(scalars, Array(name.unicodeScalars))
        }
    }

    private static func match(_ scalars: [Unicode.Scalar], _ name: [Unicode.Scalar]) -> Bool {
        var place = 0
        var position = 0
        // Where the last asterisk is, and how much of the name it takes so far.
        var asterisk: (place: Int, position: Int)?
        while position < name.count {
            if place < scalars.count, scalars[place] == "*" {
                asterisk = (place, position)
                place += 1
            } else if place < scalars.count, scalars[place] == "?" || scalars[place] == name[position] {
                place += 1
                position += 1
            } else if let last = asterisk {
                asterisk = (last.place, last.position + 1)
                place = last.place + 1
                position = last.position + 1
            } else {
                return false
            }
        }
        return scalars[place...].allSatisfy { $0 == "*" }
    }

    static let expectation = "must be a glob of 1 to \(PolicyLimits.globBytes) bytes, or a list of such"

    /// Reads one glob or a list of globs, if the field is there; nil also for what was refused.
    static func readList(_ key: String, from reader: inout JSONObjectReader) -> [Glob]? {
        guard let value = reader.optionalValue(key) else { return nil }
        let items = value.arrayValue ?? [value]
        let globs = items.compactMap { $0.stringValue.flatMap { Glob($0) } }
        guard globs.count == items.count, (1...PolicyLimits.items).contains(globs.count) else {
            reader.fail(key, expectation)
            return nil
        }
        return globs
    }
}

extension [Glob] {
    /// Whether one of them matches; never where there is no name.
    func match(_ name: String?) -> Bool {
        guard let name else { return false }
        return contains { $0.matches(name) }
    }
}
