/// Why a text is no pattern that is understood here.
package struct JSONPatternError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The number of Unicode scalars before the offending one.
    package let offset: Int
    /// What is wrong, for people.
    package let detail: String

    /// One line for people.
    package var description: String { "character \(offset + 1): \(detail)" }
}

/// A regular expression in the notation of ECMA-262, matched without backtracking.
///
/// Understood: classes with ranges, `\d \w \s \b` and their opposites, escapes by code, `\p{L}` with general categories
/// and a few properties, groups, alternatives, quantifiers, lookahead and lookbehind. Case counts, `.` is any character
/// but a line end, `^` and `$` are the ends of the text; characters are Unicode scalars. Refused: back-references,
/// flags and scripts. Whether a quantifier is lazy makes no difference to whether there is a match.
package struct JSONPattern: Sendable {
    /// The longest pattern, in Unicode scalars.
    package static let maximumLength = 4_096
    /// The most instructions that a pattern may compile to; counted repeats are written out.
    package static let maximumInstructions = 20_000
    /// The deepest nesting of groups.
    package static let maximumDepth = 32

    /// The pattern as it was given.
    package let text: String
    let program: PatternProgram

    /// Compiles a pattern.
    package init(_ text: String) throws(JSONPatternError) {
        var parser = try PatternParser(text)
        let node = try parser.pattern()
        var compiler = PatternCompiler()
        program = try compiler.program(of: node)
        self.text = text
    }

    /// Whether some part of the text matches; `nil` once the steps are used up.
    ///
    /// A step is about one instruction looked at for one character. What is used is taken off `steps`.
    package func matches(_ text: String, steps: inout Int) -> Bool? {
        steps -= text.utf8.count / 8
        guard steps > 0 else { return nil }
        let machine = PatternMachine(text: text.unicodeScalars.map(\.value))
        let outcome = machine.run(program, from: 0, searching: true, steps: &steps)
        return steps > 0 ? outcome : nil
    }
}

extension JSONPattern: Hashable {
    /// Patterns are equal if their texts are.
    package static func == (left: JSONPattern, right: JSONPattern) -> Bool { left.text.hasSameBytes(as: right.text) }

    /// Feeds the text to the hasher.
    package func hash(into hasher: inout Hasher) { text.hashBytes(into: &hasher) }
}
