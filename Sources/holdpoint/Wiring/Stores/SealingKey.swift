import Glibc
import HoldpointCore
import HoldpointPorts
import SealedSecrets

/// The key file of a store, and what is made with it.
enum SealingKey {
    /// The name of the file; it is worth as much as all secrets in the store, and useless without them.
    static let fileName = "secret.key"

    /// Whether the folder has its key.
    static func exists(in folder: String) -> Bool { access(path(in: folder), F_OK) == 0 }

    /// Where the key of a data folder is.
    static func path(in folder: String) -> String { "\(folder)/\(fileName)" }

    /// Reads the key of a data folder, or makes it for its owner alone.
    static func box(in folder: String) throws(CommandFailure) -> any SecretBox {
        try box(making: path(in: folder))
    }

    /// Reads a key that must be there.
    static func box(existing path: String) throws(CommandFailure) -> any SecretBox {
        do throws(SealedSecretsError) {
            return try SodiumSecretBox(existingKeyFile: path)
        } catch {
            throw CommandFailure(.dataInaccessible, error.description)
        }
    }

    /// Makes a key for its owner alone if there is none, and reads it.
    static func box(making path: String) throws(CommandFailure) -> any SecretBox {
        do throws(SealedSecretsError) {
            return try SodiumSecretBox(keyFile: path)
        } catch {
            throw CommandFailure(.dataInaccessible, error.description)
        }
    }

    /// What signs with a key that must be there.
    static func signer(at path: String) throws(CommandFailure) -> any Signer {
        do throws(SealedSecretsError) {
            return try SodiumSigner(existingKeyFile: path)
        } catch {
            throw CommandFailure(.dataInaccessible, error.description)
        }
    }

    /// What checks signatures; it needs no key.
    static func verifier() throws(CommandFailure) -> any SignatureVerifier {
        do throws(SealedSecretsError) {
            return try SodiumVerifier()
        } catch {
            throw CommandFailure(.failed, error.description)
        }
    }

    /// The system's randomness.
    static func entropy() throws(CommandFailure) -> any Entropy {
        do throws(SealedSecretsError) {
            return try SodiumEntropy()
        } catch {
            throw CommandFailure(.failed, error.description)
        }
    }
}
