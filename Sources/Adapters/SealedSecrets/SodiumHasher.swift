package import HoldpointCore
import SodiumClient

/// SHA-256 by libsodium, for the event chain and for digests of arguments and snapshots.
package struct SodiumHasher: HoldpointCore.Hasher {
    /// Needs no key and no start-up.
    package init() {}

    package func sha256(_ bytes: [UInt8]) -> Digest {
        Digest(SHA256.digest(bytes))
    }
}

extension Digest {
    /// The same 32 bytes.
    init(_ digest: Digest256) {
        self = digest.withUnsafeBytes { bytes in
            Digest(
                first: Identifier128(high: Self.word(0, of: bytes), low: Self.word(1, of: bytes)),
                second: Identifier128(high: Self.word(2, of: bytes), low: Self.word(3, of: bytes)))
        }
    }

    private static func word(_ index: Int, of bytes: UnsafeRawBufferPointer) -> UInt64 {
        UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self))
    }
}
