/// Finds the bytes that mean something inside a JSON string, eight at a time.
enum ByteScan {
    /// The end of the run without quote, backslash and control characters, and whether all of the run is ASCII.
    static func plainRun(in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> (end: Int, isASCII: Bool) {
        let base = UnsafeRawPointer(bytes.baseAddress)
        var position = start
        var seen: UInt64 = 0
        while let base, position &+ 8 <= bytes.count {
            let word = base.loadUnaligned(fromByteOffset: position, as: UInt64.self)
            if hasSpecial(word) { break }
            seen |= word
            position &+= 8
        }
        while position < bytes.count {
            let byte = bytes[position]
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte < 0x20 { break }
            seen |= UInt64(byte)
            position &+= 1
        }
        return (position, seen & 0x8080_8080_8080_8080 == 0)
    }

    /// Whether one of eight bytes is a quote, a backslash or a control character.
    ///
    /// Per byte, `x - n` borrows into the top bit exactly where `x < n` and the top bit of `x` is clear. A borrow can
    /// also mark the byte above a true hit, never a byte of a word without one.
    private static func hasSpecial(_ word: UInt64) -> Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let quote = word ^ (ones &* UInt64(UInt8(ascii: "\"")))
        let backslash = word ^ (ones &* UInt64(UInt8(ascii: "\\")))
        let hits =
            ((word &- ones &* 0x20) & ~word) | ((quote &- ones) & ~quote) | ((backslash &- ones) & ~backslash)
        return hits & (ones &* 0x80) != 0
    }
}
