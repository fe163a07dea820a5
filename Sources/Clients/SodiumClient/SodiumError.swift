/// Why an operation of libsodium failed; it carries no data.
package enum SodiumError: Error, Equatable {
    /// The library could not start.
    case unavailable
    /// No protected memory is left for a key.
    case outOfMemory
    /// A key does not have 32 bytes; the number is what it had.
    case wrongKeySize(Int)
    /// A sealed blob is too short, was changed, or was sealed with another key or other associated data.
    case notAuthentic
}
