package import HoldpointCore
import HoldpointPorts
import SodiumClient

/// Unpredictable numbers from the operating system, by libsodium.
package struct SodiumEntropy: Entropy {
    /// Starts libsodium.
    ///
    /// - Throws: `SealedSecretsError` if the system has no source of randomness.
    package init() throws(SealedSecretsError) {
        do { try Sodium.initialize() } catch { throw SealedSecretsError(error) }
    }

    package func random128() -> Identifier128 {
        let (high, low) = Sodium.randomWords()
        return Identifier128(high: high, low: low)
    }
}
