import CSodium

/// A key of Ed25519 (RFC 8032): a secret half in guarded memory, and a public one.
// Unchecked: as of `SecretKey`, the memory is written only in `init`, is read-only from then on, and is freed last.
package final class SigningKeyPair: @unchecked Sendable {
    /// The number of bytes of a public key.
    package static let publicKeySize = 32
    /// The number of bytes of a signature.
    package static let signatureSize = 64

    private static let secretSize = 64

    private let secret: UnsafeMutablePointer<UInt8>
    /// The public half.
    package let publicKey: [UInt8]

    /// The pair that follows from a seed: the same for the same seed, for ever.
    package init(seed: SecretKey) throws(SodiumError) {
        try Sodium.initialize()
        guard let memory = sodium_malloc(Self.secretSize) else { throw .outOfMemory }
        let secret = memory.bindMemory(to: UInt8.self, capacity: Self.secretSize)
        publicKey = [UInt8](unsafeUninitializedCapacity: Self.publicKeySize) { buffer, initialized in
            if let start = buffer.baseAddress { _ = crypto_sign_ed25519_seed_keypair(start, secret, seed.start) }
            initialized = Self.publicKeySize
        }
        self.secret = secret
        _ = sodium_mprotect_readonly(memory)
    }

    deinit {
        sodium_free(secret)
    }

    /// Signs a message; the same message has the same signature.
    package func sign(_ message: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: Self.signatureSize) { buffer, initialized in
            if let start = buffer.baseAddress {
                _ = crypto_sign_ed25519_detached(start, nil, message, UInt64(message.count), secret)
            }
            initialized = Self.signatureSize
        }
    }

    /// Whether the holder of a public key signed exactly this message; false for halves of a wrong size.
    package static func verify(_ signature: [UInt8], of message: [UInt8], by publicKey: [UInt8]) -> Bool {
        guard signature.count == signatureSize, publicKey.count == publicKeySize else { return false }
        return crypto_sign_ed25519_verify_detached(signature, message, UInt64(message.count), publicKey) == 0
    }
}
