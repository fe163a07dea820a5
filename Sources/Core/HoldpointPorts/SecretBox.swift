import HoldpointCore

/// Seals bytes under the node's key, and makes keyed fingerprints.
package protocol SecretBox: Sendable {
    /// Seals; the box opens only with the same context.
    func seal(_ plain: [UInt8], context: String) -> [UInt8]

    /// Opens what `seal` made with the same context; throws if the box was changed or its key is not at hand.
    func open(_ box: [UInt8], context: String) throws(SecretBoxError) -> [UInt8]

    /// A keyed MAC of the bytes as hexadecimal text: equal for equal bytes and context, and a guess at the bytes
    /// cannot be checked without the key.
    func fingerprint(_ bytes: [UInt8], context: String) -> String
}

/// Why a sealed box did not open.
package enum SecretBoxError: Error, Sendable, Equatable {
    /// The bytes or the context are not those that were sealed.
    case notAuthentic
    /// It was sealed under a key that this node does not have.
    case unknownKey(String)
}
