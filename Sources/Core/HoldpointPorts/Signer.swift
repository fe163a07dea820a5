package import HoldpointCore

/// Signs with the deployment's key, which all its nodes have, and which is not in the store.
package protocol Signer: Sendable {
    /// The key with which signatures are checked; public.
    var publicKey: PublicKey { get }

    /// Signs bytes; equal bytes get equal signatures (RFC 8032).
    func sign(_ message: [UInt8]) -> Signature
}
