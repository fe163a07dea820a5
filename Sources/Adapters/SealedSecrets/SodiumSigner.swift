package import HoldpointCore
import HoldpointPorts
import SodiumClient

/// Signs with a key of Ed25519 that is derived from the deployment's one key file, so that all nodes have the same.
package struct SodiumSigner: Signer {
    /// Its own purpose under its own context: nothing that is sealed or fingerprinted shares the key.
    private static let purpose: UInt64 = 1

    private let pair: SigningKeyPair
    package let publicKey: PublicKey

    /// Reads the key file, which must be there.
    ///
    /// - Throws: `SealedSecretsError`, with the file's path, if there is none or it is not a private file of 32 bytes.
    package init(existingKeyFile path: String) throws(SealedSecretsError) {
        do throws(SecretKeyFileError) {
            try self.init(SecretKeyFile(path: path).load())
        } catch {
            throw SealedSecretsError(error)
        }
    }

    private init(_ key: SecretKey) throws(SecretKeyFileError) {
        do throws(SodiumError) {
            pair = try SigningKeyPair(seed: key.derive(purpose: Self.purpose, context: "receipts"))
        } catch {
            throw .sodium(error)
        }
        guard let publicKey = PublicKey(bytes: pair.publicKey) else { throw .sodium(.unavailable) }
        self.publicKey = publicKey
    }

    package func sign(_ message: [UInt8]) -> Signature { Signature(bytes: pair.sign(message)) ?? .blank }
}

/// Checks signatures of Ed25519.
package struct SodiumVerifier: SignatureVerifier {
    /// Starts libsodium.
    ///
    /// - Throws: `SealedSecretsError` if the system has no source of randomness.
    package init() throws(SealedSecretsError) {
        do { try Sodium.initialize() } catch { throw SealedSecretsError(error) }
    }

    package func isValid(_ signature: Signature, of message: [UInt8], by key: PublicKey) -> Bool {
        SigningKeyPair.verify(signature.bytes, of: message, by: key.bytes)
    }
}
