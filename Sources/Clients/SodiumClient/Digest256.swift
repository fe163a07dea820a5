import CSodium

/// Thirty-two bytes held without an allocation: a SHA-256 digest or a BLAKE2b code.
package struct Digest256: Sendable, Hashable {
    /// The number of bytes.
    package static let size = 32

    private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    /// All zeros.
    package init() {}

    /// Copies exactly 32 bytes; nil for any other number.
    package init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == Self.size else { return nil }
        withUnsafeMutableBytes { buffer in
            _ = buffer.initializeMemory(as: UInt8.self, from: bytes)
        }
    }

    /// The bytes as an array.
    package var bytes: [UInt8] { withUnsafeBytes { [UInt8]($0) } }

    /// Reads the bytes in place.
    package func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try Swift.withUnsafeBytes(of: words, body)
    }

    /// Writes the bytes in place.
    package mutating func withUnsafeMutableBytes<Result, Failure: Error>(
        _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try Swift.withUnsafeMutableBytes(of: &words, body)
    }

    /// Whether both have the same bytes, compared in constant time.
    package static func == (left: Digest256, right: Digest256) -> Bool {
        left.withUnsafeBytes { leftBytes in
            right.withUnsafeBytes { rightBytes in
                sodium_memcmp(leftBytes.baseAddress, rightBytes.baseAddress, size) == 0
            }
        }
    }

    /// Feeds the first word to the hasher: digests are spread evenly by themselves.
    package func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
    }
}
