/// Why the text of an expression is refused, and where.
package struct ExpressionFault: Error, Sendable, Hashable, CustomStringConvertible {
    /// One sentence fragment for people.
    package let detail: String
    /// The number of UTF-8 bytes before the offence.
    package let offset: Int
    /// The line, from 1.
    package let line: Int
    /// The column in Unicode scalars, from 1.
    package let column: Int

    init(_ detail: String, at offset: Int, in bytes: [UInt8]) {
        var line = 1
        var column = 1
        for byte in bytes.prefix(offset) {
            if byte == UInt8(ascii: "\n") {
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80 {
                column += 1
            }
        }
        self.detail = detail
        self.offset = offset
        self.line = line
        self.column = column
    }

    /// One line for people.
    package var description: String { "line \(line), column \(column): \(detail)" }
}
