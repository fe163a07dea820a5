package import HoldpointPorts

/// A planted bug: the fingerprint of an answer, which goes into its event, is the answer itself (against I9).
package struct LeakySecretBox: SecretBox {
    private let base: any SecretBox

    package init(_ base: any SecretBox) {
        self.base = base
    }

    package func seal(_ plain: [UInt8], context: String) -> [UInt8] { base.seal(plain, context: context) }

    package func open(_ box: [UInt8], context: String) throws(SecretBoxError) -> [UInt8] {
        try base.open(box, context: context)
    }

    package func fingerprint(_ bytes: [UInt8], context: String) -> String { String(decoding: bytes, as: UTF8.self) }
}
