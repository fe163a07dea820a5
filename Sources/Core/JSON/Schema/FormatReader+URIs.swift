/// URIs as RFC 3986, section 3, has them.
extension FormatReader {
    mutating func uri() -> Bool {
        guard let first = rest.first, Self.isLetter(first), let scheme = takeAll(before: ":"),
            scheme.allSatisfy({ Self.isAlphanumeric($0) || Self.isOne(of: "+-.", $0) })
        else { return false }
        if rest.starts(with: Array("//".utf8)) {
            rest = rest.dropFirst(2)
            guard authority() else { return false }
            if let next = rest.first, !Self.isOne(of: "/?#", next) { return false }
        }
        guard characters("/:@") else { return false }
        if take("?"), !characters("/:@?") { return false }
        if take("#"), !characters("/:@?") { return false }
        return true
    }

    private mutating func authority() -> Bool {
        let run = rest.prefix { !Self.isOne(of: "/?#", $0) }
        rest = rest[run.endIndex...]
        var inner = FormatReader(run)
        if let at = run.lastIndex(of: UInt8(ascii: "@")) {
            var user = FormatReader(run[..<at])
            guard user.characters(":"), user.isAtEnd else { return false }
            inner = FormatReader(run[(at + 1)...])
        }
        guard inner.host() else { return false }
        if inner.take(":") { _ = inner.skip(while: Self.isDigit) }
        return inner.isAtEnd
    }

    private mutating func host() -> Bool {
        guard take("[") else { return characters("") }
        guard let literal = takeAll(before: "]") else { return false }
        var address = FormatReader(literal)
        if address.ipv6(), address.isAtEnd { return true }
        var future = FormatReader(literal)
        guard future.take("v") || future.take("V"), future.skip(while: Self.isHexadecimal) > 0, future.take(".") else {
            return false
        }
        return future.skip { Self.isUnreserved($0) || Self.isOne(of: "!$&'()*+,;=:", $0) } > 0 && future.isAtEnd
    }

    /// Moves over unreserved characters, sub-delimiters, percent escapes and some more; `false` at a broken escape.
    private mutating func characters(_ more: StaticString) -> Bool {
        while true {
            _ = skip {
                Self.isUnreserved($0) || Self.isOne(of: "!$&'()*+,;=", $0) || Self.isOne(of: more, $0)
            }
            guard take("%") else { return true }
            let escape = rest.prefix(2)
            guard escape.count == 2, escape.allSatisfy(Self.isHexadecimal) else { return false }
            rest = rest.dropFirst(2)
        }
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool { isAlphanumeric(byte) || isOne(of: "-._~", byte) }
}
