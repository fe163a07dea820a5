/// The signature of a message as Standard Webhooks 1.0.0 has it: `v1,` and the base 64 of an HMAC-SHA256 of
/// `id.timestamp.body`; several are separated by spaces.
package enum WebhookSignature {
    /// Signs a message under each of the secrets.
    ///
    /// - Parameters:
    ///   - id: the same for every attempt; without a dot.
    ///   - seconds: since 1970, when this attempt is made.
    package static func header(
        id: String, seconds: Int64, body: [UInt8], under secrets: [WebhookSecret], hasher: any Hasher
    ) -> String {
        let content = Array("\(id).\(seconds).".utf8) + body
        return secrets.map { "v1," + Base64.encode(hasher.hmacSHA256(content, key: $0.bytes).bytes) }
            .joined(separator: " ")
    }
}

extension Hasher {
    /// The keyed code of a message (RFC 2104), made of the digest that is at hand here.
    package func hmacSHA256(_ message: [UInt8], key: [UInt8]) -> Digest {
        let blockBytes = 64
        var block = key.count > blockBytes ? sha256(key).bytes : key
        block += [UInt8](repeating: 0, count: blockBytes - block.count)
        let inner = sha256(block.map { $0 ^ 0x36 } + message)
        return sha256(block.map { $0 ^ 0x5C } + inner.bytes)
    }
}
