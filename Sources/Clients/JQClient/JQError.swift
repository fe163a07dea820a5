/// Why a jq program has no value for an input.
package enum JQError: Error, Sendable, Equatable {
    /// The program does not compile, for this reason.
    case invalid(String)
    /// The program raised an error with this message.
    case failed(String)
    /// The program yielded nothing.
    case noValue
    /// The program yielded more than one value.
    case severalValues
    /// The value is longer than this many bytes.
    case tooLong(Int)
    /// What it was given is not a JSON array.
    case notAnInput
}
