import CSodium

extension SecretKey {
    /// What a sealed blob is longer than its plain text, in bytes: a random nonce of 24 and a code of 16.
    package static let sealOverhead = nonceSize + codeSize

    private static let nonceSize = 24
    private static let codeSize = 16

    /// Seals a plain text with XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha) under a fresh random nonce.
    ///
    /// - Parameters:
    ///   - plainText: what is hidden.
    ///   - associatedData: what is not hidden but must be given again, unchanged, to open the blob.
    /// - Returns: nonce, cipher text and code, in this order.
    package func seal(_ plainText: [UInt8], associatedData: [UInt8]) -> [UInt8] {
        let total = plainText.count + Self.sealOverhead
        return [UInt8](unsafeUninitializedCapacity: total) { buffer, initialized in
            guard let nonce = buffer.baseAddress else { return }
            randombytes_buf(nonce, Self.nonceSize)
            _ = crypto_aead_xchacha20poly1305_ietf_encrypt(
                nonce + Self.nonceSize, nil, plainText, UInt64(plainText.count),
                associatedData, UInt64(associatedData.count), nil, nonce, start)
            initialized = total
        }
    }

    /// Opens a blob that `seal` made with this key and the same associated data.
    ///
    /// - Throws: `SodiumError.notAuthentic` if anything differs by a single bit.
    package func open(_ sealed: [UInt8], associatedData: [UInt8]) throws(SodiumError) -> [UInt8] {
        guard sealed.count >= Self.sealOverhead else { throw .notAuthentic }
        let size = sealed.count - Self.sealOverhead
        var isAuthentic = false
        // One byte more, since an empty array may have no address to write to.
        let plainText = [UInt8](unsafeUninitializedCapacity: size + 1) { buffer, initialized in
            sealed.withUnsafeBufferPointer { blob in
                guard let nonce = blob.baseAddress, let output = buffer.baseAddress else { return }
                isAuthentic =
                    crypto_aead_xchacha20poly1305_ietf_decrypt(
                        output, nil, nil, nonce + Self.nonceSize, UInt64(size + Self.codeSize),
                        associatedData, UInt64(associatedData.count), nonce, start) == 0
            }
            initialized = isAuthentic ? size : 0
        }
        guard isAuthentic else { throw .notAuthentic }
        return plainText
    }
}
