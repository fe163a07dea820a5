/// A SHA-256 digest: 32 bytes.
package struct Digest: Sendable, Hashable, CustomStringConvertible {
    /// The first sixteen bytes.
    package let first: Identifier128
    /// The last sixteen bytes.
    package let second: Identifier128

    package init(first: Identifier128, second: Identifier128) {
        self.first = first
        self.second = second
    }

    /// Reads 32 bytes; nil for any other count.
    package init?(bytes: ArraySlice<UInt8>) {
        guard bytes.count == 32, let first = Identifier128(bytes: bytes.prefix(16)),
            let second = Identifier128(bytes: bytes.dropFirst(16))
        else { return nil }
        self.init(first: first, second: second)
    }

    /// Reads 32 bytes; nil for any other count.
    package init?(bytes: [UInt8]) {
        self.init(bytes: bytes[...])
    }

    /// Reads 64 lower-case hexadecimal digits; nil for anything else.
    package init?(hexadecimal text: String) {
        guard let bytes = Hexadecimal.decode(text) else { return nil }
        self.init(bytes: bytes)
    }

    /// 32 zero bytes: the chain value before a session's first event.
    package static let zero = Digest(
        first: Identifier128(high: 0, low: 0), second: Identifier128(high: 0, low: 0))

    /// The 32 bytes, first byte first.
    package var bytes: [UInt8] { first.bytes + second.bytes }

    package var description: String { first.hexadecimal + second.hexadecimal }
}

/// Computes SHA-256; passed in, since Core has no cryptography of its own.
package protocol Hasher: Sendable {
    /// The SHA-256 digest (FIPS 180-4) of all bytes.
    func sha256(_ bytes: [UInt8]) -> Digest
}
