package import HoldpointCore
import OpenSSLClient

/// SHA-256 by libcrypto, for the event chain and for digests of arguments and snapshots.
///
/// libsodium has it too, but in portable C: it took a tenth of a pause cycle's processor time (docs/adr).
package struct SHA256Hasher: HoldpointCore.Hasher {
    /// Needs no key and no start-up.
    package init() {}

    package func sha256(_ bytes: [UInt8]) -> Digest {
        withUnsafeTemporaryAllocation(byteCount: 32, alignment: 8) { digest in
            bytes.withUnsafeBytes { SHA256.digest($0, into: digest) }
            return Digest(
                first: Identifier128(high: word(0, of: digest), low: word(1, of: digest)),
                second: Identifier128(high: word(2, of: digest), low: word(3, of: digest)))
        }
    }

    private func word(_ index: Int, of bytes: UnsafeMutableRawBufferPointer) -> UInt64 {
        UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self))
    }
}
