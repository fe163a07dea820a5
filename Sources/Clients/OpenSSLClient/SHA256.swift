import COpenSSL

/// SHA-256 (FIPS 180-4) by libcrypto, which uses the processor's instructions for it where there are any.
package enum SHA256 {
    /// Writes the 32 bytes of a message's digest to `digest`; nothing is written if there is less room.
    package static func digest(_ message: UnsafeRawBufferPointer, into digest: UnsafeMutableRawBufferPointer) {
        guard digest.count >= Int(SHA256_DIGEST_LENGTH) else { return }
        var context = SHA256_CTX()
        // These fail only without a context.
        SHA256_Init(&context)
        SHA256_Update(&context, message.baseAddress, message.count)
        SHA256_Final(digest.baseAddress?.assumingMemoryBound(to: UInt8.self), &context)
    }

    /// The 32 bytes of a message's digest.
    package static func digest(_ message: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: Int(SHA256_DIGEST_LENGTH)) { buffer, count in
            message.withUnsafeBytes { digest($0, into: UnsafeMutableRawBufferPointer(buffer)) }
            count = Int(SHA256_DIGEST_LENGTH)
        }
    }
}
