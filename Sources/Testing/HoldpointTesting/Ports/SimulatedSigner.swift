package import HoldpointCore
import HoldpointPorts

/// A stand-in for signatures: whoever knows the public key could make them, but a change of any byte shows.
package struct SimulatedSigner: Signer, SignatureVerifier {
    package let publicKey: PublicKey
    private let hasher = SimulatedHasher()

    /// - Parameter seed: the same seed gives the same key.
    package init(seed: UInt64) {
        publicKey = PublicKey(SimulatedHasher().sha256(withUnsafeBytes(of: seed.bigEndian) { Array($0) }))
    }

    package func sign(_ message: [UInt8]) -> Signature {
        Signature(bytes: half(0, message, publicKey) + half(1, message, publicKey)) ?? .blank
    }

    package func isValid(_ signature: Signature, of message: [UInt8], by key: PublicKey) -> Bool {
        signature.bytes == half(0, message, key) + half(1, message, key)
    }

    private func half(_ number: UInt8, _ message: [UInt8], _ key: PublicKey) -> [UInt8] {
        hasher.sha256([number] + key.bytes + message).bytes
    }
}
