import SodiumClient

/// Why secrets cannot be sealed on this machine; the text names the key file and what to do.
package struct SealedSecretsError: Error, Equatable, CustomStringConvertible {
    /// One sentence for an operator.
    package let description: String

    init(_ error: SodiumError) {
        description = SecretKeyFileError.sodium(error).description
    }

    init(_ error: SecretKeyFileError) {
        description = error.description
    }
}
