/// Cuts a jq program into words, following the lexer of jq 1.6 (`src/lexer.l`), and checks that its brackets match.
///
/// It does not know the grammar: what it lets pass may still be refused by the compiler. Strings are looked into:
/// what they interpolate comes out as words too.
struct JQTokenizer {
    /// How many brackets, conditions and interpolations may be open at once.
    static let maximumNesting = 128

    let bytes: [UInt8]
    private(set) var tokens: [JQToken] = []
    private var position = 0
    private var open: [Opening] = []

    /// What is open: a bracket by its first byte, an interpolation, or an `if`.
    private enum Opening: Equatable {
        case bracket(UInt8)
        case interpolation
        case condition
    }

    init(_ text: String) {
        bytes = Array(text.utf8)
    }

    /// The words of a program.
    static func tokens(of text: String) throws(ExpressionFault) -> [JQToken] {
        var tokenizer = JQTokenizer(text)
        try tokenizer.scan()
        return tokenizer.tokens
    }

    private mutating func scan() throws(ExpressionFault) {
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"): position += 1
            case UInt8(ascii: "#"):
                while position < bytes.count, bytes[position] != UInt8(ascii: "\n") { position += 1 }
            case UInt8(ascii: "\""): try scanString(from: position)
            case UInt8(ascii: "$"): try scanVariable()
            case UInt8(ascii: "."): scanDot()
            case UInt8(ascii: "@"): scanFormat()
            case let byte where Self.isDigit(byte): scanNumber()
            case let byte where Self.isNameStart(byte): try scanName()
            default: try scanMark()
            }
        }
        if !open.isEmpty { throw fault("something that was opened is not closed", at: bytes.count) }
    }

    private func fault(_ detail: String, at offset: Int) -> ExpressionFault {
        ExpressionFault(detail, at: offset, in: bytes)
    }

    private mutating func add(_ kind: JQToken.Kind, at offset: Int) {
        tokens.append(JQToken(kind: kind, offset: offset))
    }

    private mutating func push(_ opening: Opening, at offset: Int) throws(ExpressionFault) {
        guard open.count < Self.maximumNesting else {
            throw fault("more than \(Self.maximumNesting) levels are open", at: offset)
        }
        open.append(opening)
    }

    /// Whether a name here is the key of an object, or of a pattern that takes one apart.
    private var isAtKey: Bool {
        guard open.last == .bracket(UInt8(ascii: "{")), let last = tokens.last else { return false }
        return last.isMark("{") || last.isMark(",")
    }

    /// Names are joined by `::`, as those of modules are.
    private mutating func scanName() throws(ExpressionFault) {
        let start = position
        let name = takeName()
        if isAtKey {
            // As good as a string, and no name of anything.
            add(.string(Array(name.utf8)), at: start)
            return
        }
        if name == "if" { try push(.condition, at: start) }
        if name == "end" {
            guard open.popLast() == .condition else { throw fault("there is no 'if' that this 'end' ends", at: start) }
        }
        add(.name(name), at: start)
    }

    private mutating func takeName() -> String {
        let start = position
        while position < bytes.count {
            if Self.isNamePart(bytes[position]) {
                position += 1
            } else if bytes[position...].starts(with: "::".utf8), position + 2 < bytes.count,
                Self.isNameStart(bytes[position + 2])
            {
                position += 2
            } else {
                break
            }
        }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    /// The dollar sign is a word of its own in jq: space and comments may stand behind it.
    private mutating func scanVariable() throws(ExpressionFault) {
        let start = position
        position += 1
        skipSpace()
        guard position < bytes.count, Self.isNameStart(bytes[position]) else {
            throw fault("a name must follow the dollar sign", at: start)
        }
        add(.variable(takeName()), at: start)
    }

    private mutating func skipSpace() {
        while position < bytes.count {
            if bytes[position] == UInt8(ascii: "#") {
                while position < bytes.count, bytes[position] != UInt8(ascii: "\n") { position += 1 }
            } else if " \t\r\n".utf8.contains(bytes[position]) {
                position += 1
            } else {
                return
            }
        }
    }

    private mutating func scanDot() {
        let start = position
        let next = position + 1 < bytes.count ? bytes[position + 1] : 0
        if Self.isDigit(next) {
            scanNumber()
        } else if next == UInt8(ascii: ".") {
            position += 2
            add(.everything, at: start)
        } else if Self.isNameStart(next) {
            position += 1
            while position < bytes.count, Self.isNamePart(bytes[position]) { position += 1 }
            add(.field(String(decoding: bytes[(start + 1)..<position], as: UTF8.self)), at: start)
        } else {
            position += 1
            add(.mark(UInt8(ascii: ".")), at: start)
        }
    }

    private mutating func scanNumber() {
        let start = position
        skipDigits()
        if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
            position += 1
            skipDigits()
        }
        if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
            var end = position + 1
            if end < bytes.count, bytes[end] == UInt8(ascii: "+") || bytes[end] == UInt8(ascii: "-") { end += 1 }
            if end < bytes.count, Self.isDigit(bytes[end]) {
                position = end
                skipDigits()
            }
        }
        add(.number(String(decoding: bytes[start..<position], as: UTF8.self)), at: start)
    }

    private mutating func skipDigits() {
        while position < bytes.count, Self.isDigit(bytes[position]) { position += 1 }
    }

    private mutating func scanFormat() {
        let start = position
        position += 1
        while position < bytes.count, Self.isNamePart(bytes[position]) { position += 1 }
        add(.format, at: start)
    }

    private mutating func scanMark() throws(ExpressionFault) {
        let start = position
        let byte = bytes[position]
        guard "()[]{},:;|=+-*/%<>!?".utf8.contains(byte) else {
            throw fault("this character has no meaning here", at: start)
        }
        position += 1
        switch byte {
        case UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "{"):
            add(.mark(byte), at: start)
            try push(.bracket(byte), at: start)
        case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"):
            try close(byte, at: start)
        default:
            add(.mark(byte), at: start)
        }
    }

    private mutating func close(_ byte: UInt8, at start: Int) throws(ExpressionFault) {
        let opening = open.popLast()
        add(.mark(byte), at: start)
        switch (opening, byte) {
        case (.bracket(UInt8(ascii: "(")), UInt8(ascii: ")")), (.bracket(UInt8(ascii: "[")), UInt8(ascii: "]")),
            (.bracket(UInt8(ascii: "{")), UInt8(ascii: "}")):
            return
        case (.interpolation, UInt8(ascii: ")")):
            try scanTemplate()
        default:
            throw fault("this closes nothing that is open", at: start)
        }
    }

    private mutating func scanString(from start: Int) throws(ExpressionFault) {
        position += 1
        if try skipText() {
            add(.template, at: start)
            try openInterpolation()
        } else {
            add(.string(Array(bytes[(start + 1)..<position])), at: start)
            position += 1
        }
    }

    /// Goes on behind an interpolation, in the text of the same string.
    private mutating func scanTemplate() throws(ExpressionFault) {
        if try skipText() { try openInterpolation() } else { position += 1 }
    }

    private mutating func openInterpolation() throws(ExpressionFault) {
        add(.interpolation, at: position)
        try push(.interpolation, at: position)
        position += 2
    }

    /// Moves to the quote that ends a string (false) or to an interpolation in it (true).
    private mutating func skipText() throws(ExpressionFault) -> Bool {
        let start = position
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\""): return false
            case UInt8(ascii: "\\"):
                if position + 1 < bytes.count, bytes[position + 1] == UInt8(ascii: "(") { return true }
                position += 2
            default: position += 1
            }
        }
        throw fault("the string is not closed", at: max(start - 1, 0))
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

    private static func isNameStart(_ byte: UInt8) -> Bool {
        byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z") || byte == UInt8(ascii: "_")
    }

    private static func isNamePart(_ byte: UInt8) -> Bool { isNameStart(byte) || isDigit(byte) }
}
