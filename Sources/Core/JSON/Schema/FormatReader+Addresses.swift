/// Addresses and identifiers.
extension FormatReader {
    /// RFC 9562, section 4.
    mutating func uuid() -> Bool {
        for (place, length) in [8, 4, 4, 4, 12].enumerated() {
            if place > 0, !take("-") { return false }
            if skip(while: Self.isHexadecimal) != length { return false }
        }
        return true
    }

    /// Four numbers from 0 to 255 without leading zeros.
    mutating func ipv4() -> Bool {
        for place in 0..<4 {
            if place > 0, !take(".") { return false }
            let run = rest.prefix(while: Self.isDigit)
            guard (1...3).contains(run.count), run.count == 1 || run.first != 0x30 else { return false }
            guard let number = digits(run.count), number < 256 else { return false }
        }
        return true
    }

    /// RFC 4291, section 2.2, without a zone.
    mutating func ipv6() -> Bool {
        var groups = 0
        var isShortened = false
        if take(":") {
            guard take(":") else { return false }
            isShortened = true
            if isAtEnd { return true }
        }
        while true {
            let before = self
            let length = skip(while: Self.isHexadecimal)
            guard (1...4).contains(length) else { return false }
            if rest.first == UInt8(ascii: ".") {
                self = before
                return ipv4() && (isShortened ? groups < 6 : groups == 6)
            }
            groups += 1
            guard take(":") else { return isShortened ? groups < 8 : groups == 8 }
            guard take(":") else { continue }
            if isShortened { return false }
            isShortened = true
            if isAtEnd { return groups < 8 }
        }
    }

    /// A mailbox of RFC 5321, section 4.1.2, in ASCII.
    mutating func email() -> Bool {
        guard let at = rest.lastIndex(of: UInt8(ascii: "@")) else { return false }
        var local = FormatReader(rest[..<at])
        var domain = FormatReader(rest[(at + 1)...])
        rest = []
        guard local.rest.count <= 64, domain.rest.count <= 255 else { return false }
        let isLocal = local.rest.first == UInt8(ascii: "\"") ? local.quotedString() : local.dotString()
        return isLocal && local.isAtEnd && domain.domain() && domain.isAtEnd
    }

    private mutating func dotString() -> Bool {
        repeat {
            let length = skip { Self.isAlphanumeric($0) || Self.isOne(of: "!#$%&'*+-/=?^_`{|}~", $0) }
            if length == 0 { return false }
        } while take(".")
        return true
    }

    private mutating func quotedString() -> Bool {
        guard take("\"") else { return false }
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\"") { return true }
            let content = byte == UInt8(ascii: "\\") ? rest.popFirst() : byte
            guard let content, (0x20...0x7E).contains(content) else { return false }
        }
        return false
    }

    private mutating func domain() -> Bool {
        if take("[") {
            guard let literal = takeAll(before: "]") else { return false }
            var address = FormatReader(literal)
            let isVersion6 = literal.starts(with: Array("IPv6:".utf8))
            if isVersion6 { address = FormatReader(literal.dropFirst(5)) }
            return (isVersion6 ? address.ipv6() : address.ipv4()) && address.isAtEnd
        }
        repeat {
            let label = rest.prefix { Self.isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
            guard (1...63).contains(label.count), label.first != UInt8(ascii: "-"), label.last != UInt8(ascii: "-")
            else { return false }
            rest = rest[label.endIndex...]
        } while take(".")
        return true
    }
}
