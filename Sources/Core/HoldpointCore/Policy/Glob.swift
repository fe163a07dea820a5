import JSON

/// A pattern for names: `*` is any characters or none, `?` any one, and every other character itself.
///
/// Case counts. There is no escape: names that hold an asterisk are matched by `?`.
package struct Glob: Sendable, Equatable {
    /// The glob as it was written.
    package let text: String
    private let scalars: [Unicode.Scalar]
    private let isLiteral: Bool

    /// Reads a glob of 1 to `PolicyLimits.globBytes` bytes; nil for any other text.
    package init?(_ text: String) {
        guard (1...PolicyLimits.globBytes).contains(text.utf8.count) else { return nil }
        self.text = text
        scalars = Array(text.unicodeScalars)
        isLiteral = !scalars.contains { $0 == "*" || $0 == "?" }
    }

    /// Whether the whole name matches; in time of at most the product of both lengths.
    package func matches(_ name: String) -> Bool {
        if isLiteral { return name.hasSameBytes(as: text) }
        return scalars.count == 1 && scalars[0] == "*" || matches(Array(name.unicodeScalars))
    }

    private func matches(_ name: [Unicode.Scalar]) -> Bool {
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
