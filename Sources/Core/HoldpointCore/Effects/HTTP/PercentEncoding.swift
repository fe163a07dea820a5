/// Percent-encoding (RFC 3986 section 2.1).
enum PercentEncoding {
    /// Encodes every byte that is not unreserved: what a value of a template or a query becomes.
    static func encoded(_ text: some StringProtocol) -> String {
        encoded(text.utf8) { isUnreserved($0) }
    }

    /// Encodes what may not stand in a path or a query, and leaves what is encoded already.
    static func completed(_ text: some StringProtocol) throws(InvalidWebURL) -> String {
        var digitsToCome = 0
        for byte in text.utf8 {
            guard byte > 0x1F, byte != 0x7F else { throw InvalidWebURL(detail: "has a control byte") }
            if digitsToCome > 0 {
                guard byte.isHexadecimalDigit else { break }
                digitsToCome -= 1
            } else if byte == UInt8(ascii: "%") {
                digitsToCome = 2
            }
        }
        guard digitsToCome == 0 else { throw InvalidWebURL(detail: "has a percent sign without two digits after it") }
        return encoded(text.utf8) { isUnreserved($0) || reserved.contains($0) }
    }

    private static let reserved = Array("/?%:@!$&'()*+,;=".utf8)
    private static let digits = Array("0123456789ABCDEF".utf8)

    private static func encoded(_ bytes: some Sequence<UInt8>, leaving isLeft: (UInt8) -> Bool) -> String {
        var result: [UInt8] = []
        for byte in bytes {
            if isLeft(byte) {
                result.append(byte)
            } else {
                result += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: [UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~")].contains(byte)
        }
    }
}
