/// 128 bits, big-endian, with the hexadecimal form that all long identifiers share.
package struct Identifier128: Sendable, Hashable, Comparable {
    /// The first eight bytes.
    package let high: UInt64
    /// The last eight bytes.
    package let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Makes a UUID of version 7 (RFC 9562, section 5.7): it sorts by the time it was made.
    package init(time: Timestamp, random: Identifier128) {
        let milliseconds = UInt64(clamping: time.milliseconds) & 0xffff_ffff_ffff
        high = milliseconds << 16 | 0x7000 | random.high & 0x0fff
        low = 0x8000_0000_0000_0000 | random.low & 0x3fff_ffff_ffff_ffff
    }

    /// Reads 16 bytes; nil for any other count.
    ///
    /// Of one type: what is generic is not specialized for callers in other modules, and was a sixth of what it takes
    /// to load a session.
    package init?(bytes: ArraySlice<UInt8>) {
        guard bytes.count == 16 else { return nil }
        self = bytes.withUnsafeBytes { bytes in
            Identifier128(
                high: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
                low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
        }
    }

    /// Reads 16 bytes; nil for any other count.
    package init?(bytes: [UInt8]) {
        self.init(bytes: bytes[...])
    }

    /// Reads 32 lower-case hexadecimal digits; nil for anything else.
    package init?(hexadecimal text: some StringProtocol) {
        guard let bytes = Hexadecimal.decode(text) else { return nil }
        self.init(bytes: bytes)
    }

    /// The 16 bytes, first byte first.
    package var bytes: [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 16) { buffer, count in
            for index in 0..<16 {
                let word = index < 8 ? high : low
                buffer[index] = UInt8(truncatingIfNeeded: word >> UInt64((7 - index % 8) * 8))
            }
            count = 16
        }
    }

    /// 32 lower-case hexadecimal digits.
    package var hexadecimal: String {
        String(unsafeUninitializedCapacity: 32) { text in
            write(to: UnsafeMutableBufferPointer(rebasing: text[..<32]))
            return 32
        }
    }

    /// Writes the 32 digits; the buffer must have room for no less.
    func write(to text: UnsafeMutableBufferPointer<UInt8>) {
        Hexadecimal.write(high, to: UnsafeMutableBufferPointer(rebasing: text[..<16]))
        Hexadecimal.write(low, to: UnsafeMutableBufferPointer(rebasing: text[16...]))
    }

    package static func < (left: Self, right: Self) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }
}
