/// A signature of Ed25519 (RFC 8032): 64 bytes.
package struct Signature: Sendable, Hashable, CustomStringConvertible {
    /// The number of bytes.
    package static let size = 64

    /// The bytes.
    package let bytes: [UInt8]

    /// Takes 64 bytes; nil for any other count.
    package init?(bytes: [UInt8]) {
        guard bytes.count == Self.size else { return nil }
        self.bytes = bytes
    }

    /// What stands for a signature that could not be made: it fits nothing.
    package static let blank = Signature()

    private init() { bytes = [UInt8](repeating: 0, count: Self.size) }

    /// Reads 128 lower-case hexadecimal digits; nil for anything else.
    package init?(hexadecimal text: String) {
        guard let bytes = Hexadecimal.decode(text) else { return nil }
        self.init(bytes: bytes)
    }

    package var description: String { Hexadecimal.encode(bytes) }
}

/// A public key of Ed25519 (RFC 8032): 32 bytes.
package struct PublicKey: Sendable, Hashable, CustomStringConvertible {
    /// The number of bytes.
    package static let size = 32
    /// What signatures are made with, as documents name it.
    package static let algorithm = "Ed25519"

    /// The bytes.
    package let bytes: [UInt8]

    /// Takes the 32 bytes of a digest.
    package init(_ bytes: Digest) { self.bytes = bytes.bytes }

    /// Takes 32 bytes; nil for any other count.
    package init?(bytes: [UInt8]) {
        guard bytes.count == Self.size else { return nil }
        self.bytes = bytes
    }

    /// Reads 64 lower-case hexadecimal digits; nil for anything else.
    package init?(hexadecimal text: String) {
        guard let bytes = Hexadecimal.decode(text) else { return nil }
        self.init(bytes: bytes)
    }

    /// The 32 bytes in hexadecimal.
    package var description: String { Hexadecimal.encode(bytes) }

    /// What documents name it by: the first 16 hexadecimal digits of its SHA-256.
    package func id(_ hasher: any Hasher) -> String { String(hasher.sha256(bytes).description.prefix(16)) }
}

/// Checks signatures; passed in, since Core has no cryptography of its own.
package protocol SignatureVerifier: Sendable {
    /// Whether the holder of a key signed exactly these bytes.
    func isValid(_ signature: Signature, of message: [UInt8], by key: PublicKey) -> Bool
}
