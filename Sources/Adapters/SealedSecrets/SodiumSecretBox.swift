import HoldpointCore
package import HoldpointPorts
import SodiumClient

/// Seals under keys that are derived from one key file, which alone must be kept apart from the data.
///
/// A box is a version byte, the key's id of eight bytes, and XChaCha20-Poly1305's nonce, cipher text and code. Version,
/// id and context are authenticated with it: a box opens only where it was sealed for.
package struct SodiumSecretBox: SecretBox {
    private static let version: UInt8 = 1
    private static let idSize = 8
    private static let headSize = 1 + idSize

    private let sealingKey: SecretKey
    private let fingerprintKey: SecretKey
    private let id: [UInt8]

    /// Reads the key file, or makes it, readable by its owner alone, if it is missing.
    ///
    /// - Throws: `SealedSecretsError`, with the file's path, if it is not a private file of 32 bytes.
    package init(keyFile path: String) throws(SealedSecretsError) {
        do throws(SecretKeyFileError) {
            try self.init(SecretKeyFile(path: path).loadOrCreate())
        } catch {
            throw SealedSecretsError(error)
        }
    }

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
            sealingKey = try key.derive(purpose: 1, context: "holdpoint")
            fingerprintKey = try key.derive(purpose: 2, context: "holdpoint")
            let name = try key.derive(purpose: 3, context: "holdpoint").authenticate([])
            id = Array(name.bytes.prefix(Self.idSize))
        } catch {
            throw .sodium(error)
        }
    }

    package func seal(_ plain: [UInt8], context: String) -> [UInt8] {
        let head = [Self.version] + id
        return head + sealingKey.seal(plain, associatedData: head + Array(context.utf8))
    }

    package func open(_ box: [UInt8], context: String) throws(SecretBoxError) -> [UInt8] {
        guard box.count > Self.headSize, box[0] == Self.version else { throw .notAuthentic }
        let head = Array(box.prefix(Self.headSize))
        guard head.dropFirst().elementsEqual(id) else {
            throw .unknownKey(Hexadecimal.encode(head.dropFirst()))
        }
        do throws(SodiumError) {
            return try sealingKey.open(
                Array(box.dropFirst(Self.headSize)), associatedData: head + Array(context.utf8))
        } catch {
            throw .notAuthentic
        }
    }

    package func fingerprint(_ bytes: [UInt8], context: String) -> String {
        // The length before the context keeps it apart from the bytes, whatever both are.
        let count = withUnsafeBytes(of: UInt64(context.utf8.count).bigEndian) { Array($0) }
        return Hexadecimal.encode(fingerprintKey.authenticate(count + Array(context.utf8) + bytes).bytes)
    }
}
