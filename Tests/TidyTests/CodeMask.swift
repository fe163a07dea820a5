/// Swift source with everything that is no code blanked out, line for line.
///
/// Comments and the text of string literals become spaces, names in backticks become underscores; line ends and the
/// code inside interpolations stay. It does not know regex literals: a quote or brace in one would mislead it.
struct CodeMask {
    private let source: [UInt8]
    private var position = 0
    private var masked: [UInt8] = []

    /// The code of a source text.
    static func code(of text: String) -> String {
        var mask = CodeMask(source: Array(text.utf8))
        mask.maskCode(isInterpolation: false)
        return String(decoding: mask.masked, as: UTF8.self)
    }

    private init(source: [UInt8]) {
        self.source = source
    }

    private func isNext(_ text: String, at offset: Int = 0) -> Bool {
        source[min(position + offset, source.count)...].starts(with: text.utf8)
    }

    private mutating func keep() {
        masked.append(source[position])
        position += 1
    }

    private mutating func keep(_ count: Int) {
        let end = min(position + count, source.count)
        masked += source[position..<end]
        position = end
    }

    private mutating func blank(_ count: Int = 1, with filler: UInt8 = UInt8(ascii: " ")) {
        let end = min(position + count, source.count)
        masked += source[position..<end].map { $0 == UInt8(ascii: "\n") ? $0 : filler }
        position = end
    }

    /// Masks up to the end of the text, or to the parenthesis that closes an interpolation.
    private mutating func maskCode(isInterpolation: Bool) {
        var depth = 0
        while position < source.count {
            switch source[position] {
            case UInt8(ascii: "/") where isNext("//"):
                while position < source.count, !isNext("\n") { blank() }
            case UInt8(ascii: "/") where isNext("/*"): maskBlockComment()
            case UInt8(ascii: "\""): maskString(hashes: 0)
            case UInt8(ascii: "#"):
                if let hashes = hashesOfString() { maskString(hashes: hashes) } else { keep() }
            case UInt8(ascii: "`"): maskName()
            case UInt8(ascii: "("):
                depth += 1
                keep()
            case UInt8(ascii: ")"):
                depth -= 1
                keep()
                if isInterpolation, depth == 0 { return }
            default: keep()
            }
        }
    }

    private mutating func maskName() {
        keep()
        while position < source.count, !isNext("`"), !isNext("\n") { blank(with: UInt8(ascii: "_")) }
        keep(1)
    }

    private mutating func maskBlockComment() {
        var depth = 0
        repeat {
            if isNext("/*") {
                depth += 1
                blank(2)
            } else if isNext("*/") {
                depth -= 1
                blank(2)
            } else {
                blank()
            }
        } while depth > 0 && position < source.count
    }

    /// How many `#` stand before the quote of a string literal that starts here; nil when none does.
    private func hashesOfString() -> Int? {
        var hashes = 0
        while isNext("#", at: hashes) { hashes += 1 }
        return isNext("\"", at: hashes) ? hashes : nil
    }

    private mutating func maskString(hashes: Int) {
        keep(hashes)
        let quotes = isNext("\"\"\"") ? 3 : 1
        let end = String(repeating: "\"", count: quotes) + String(repeating: "#", count: hashes)
        let escape = "\\" + String(repeating: "#", count: hashes)
        keep(quotes)
        while position < source.count {
            if !"\"\\\n".utf8.contains(source[position]) {
                blank()
            } else if isNext(end) {
                keep(end.utf8.count)
                return
            } else if isNext(escape + "(") {
                keep(escape.utf8.count)
                maskCode(isInterpolation: true)
            } else if isNext(escape) {
                blank(escape.utf8.count + 1)
            } else if quotes == 1, isNext("\n") {
                // Not closed on its line: this is no Swift, so let the next line be read as code again.
                return
            } else {
                blank()
            }
        }
    }
}
