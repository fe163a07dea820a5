/// Why bytes are not a JSON document that is accepted here, and where.
package struct JSONSyntaxError: Error, Sendable, Hashable {
    /// What is wrong; the raw value is a sentence fragment for people.
    package enum Kind: String, Sendable, Hashable, CaseIterable {
        case tooLong = "the document is too long"
        case tooDeep = "arrays and objects nest too deeply"
        case duplicateKey = "the same key comes twice in one object"
        case invalidUTF8 = "this is not UTF-8"
        case byteOrderMark = "a byte order mark is not allowed"
        case unexpectedEnd = "the document ends too early"
        case unexpectedByte = "this does not belong here"
        case trailingBytes = "something follows the document"
        case invalidNumber = "this is not a number"
        case numberTooLong = "the number is too long"
        case numberOutOfRange = "the exponent is out of range"
        case invalidEscape = "this escape is not known"
        case loneSurrogate = "half of a surrogate pair stands alone"
        case controlCharacter = "a control character must be escaped"
    }

    /// The longest part of a key that a pointer in an error keeps, in Unicode scalars.
    package static let maximumKeyLength = 64

    /// What is wrong.
    package let kind: Kind
    /// The number of bytes before the offending one.
    package let offset: Int
    /// The line, from 1.
    package let line: Int
    /// The column in Unicode scalars, from 1.
    package let column: Int
    /// The value being read, with long keys cut short.
    package internal(set) var pointer: JSONPointer

    init(_ kind: Kind, at offset: Int, in bytes: UnsafeBufferPointer<UInt8>) {
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
        self.kind = kind
        self.offset = offset
        self.line = line
        self.column = column
        pointer = .root
    }

    /// The same error seen from the value around it.
    func inside(_ token: String) -> JSONSyntaxError {
        var outer = self
        outer.pointer = JSONPointer(tokens: [token.shortened(to: Self.maximumKeyLength)] + pointer.tokens)
        return outer
    }
}

extension JSONSyntaxError: CustomStringConvertible {
    /// One line for people; of the document it repeats nothing but keys, and those cut short.
    package var description: String {
        let place = pointer.tokens.isEmpty ? "" : ", at \(pointer.description.shortened(to: 4 * Self.maximumKeyLength))"
        return "line \(line), column \(column)\(place): \(kind.rawValue)"
    }
}
