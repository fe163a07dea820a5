/// Bytes as lower-case hexadecimal text and back.
package enum Hexadecimal {
    /// The lower-case character of a digit from 0 to 15.
    static func character(of digit: UInt8) -> UInt8 {
        digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
    }

    /// Fills a buffer with the last digits of a number, as many as it holds.
    static func write(_ number: UInt64, to text: UnsafeMutableBufferPointer<UInt8>) {
        var rest = number
        for index in text.indices.reversed() {
            text[index] = character(of: UInt8(truncatingIfNeeded: rest) & 15)
            rest >>= 4
        }
    }

    /// Two lower-case digits for each byte.
    package static func encode(_ bytes: some Collection<UInt8>) -> String {
        String(unsafeUninitializedCapacity: bytes.count * 2) { text in
            var place = 0
            for byte in bytes {
                text[place] = character(of: byte >> 4)
                text[place + 1] = character(of: byte & 15)
                place += 2
            }
            return place
        }
    }

    /// The bytes that lower-case digits stand for; nil for an odd count or any other character.
    package static func decode(_ text: some StringProtocol) -> [UInt8]? {
        let source = text.utf8
        guard source.count.isMultiple(of: 2) else { return nil }
        var bytes = [UInt8]()
        bytes.reserveCapacity(source.count / 2)
        var pending: UInt8?
        for character in source {
            guard let digit = value(of: character) else { return nil }
            if let first = pending {
                bytes.append(first << 4 | digit)
                pending = nil
            } else {
                pending = digit
            }
        }
        return bytes
    }

    private static func value(of character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
