import CSodium

/// SHA-256 (FIPS 180-4), in one call or piece by piece, without an allocation.
package struct SHA256 {
    private var state = crypto_hash_sha256_state()

    /// Starts an empty message.
    package init() {
        _ = crypto_hash_sha256_init(&state)
    }

    /// Adds bytes to the message.
    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        _ = crypto_hash_sha256_update(&state, start, UInt64(bytes.count))
    }

    /// Adds bytes to the message.
    package mutating func update(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { update($0) }
    }

    /// The digest of all bytes so far; the value is used up.
    package consuming func finalize() -> Digest256 {
        var digest = Digest256()
        digest.withUnsafeMutableBytes { buffer in
            if let start = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self) {
                _ = crypto_hash_sha256_final(&state, start)
            }
        }
        return digest
    }

    /// The digest of one byte string.
    package static func digest(_ bytes: UnsafeRawBufferPointer) -> Digest256 {
        var digest = Digest256()
        let message = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        digest.withUnsafeMutableBytes { buffer in
            if let start = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self) {
                _ = crypto_hash_sha256(start, message, UInt64(bytes.count))
            }
        }
        return digest
    }

    /// The digest of one byte string.
    package static func digest(_ bytes: [UInt8]) -> Digest256 {
        bytes.withUnsafeBytes { digest($0) }
    }
}
