/// Limits of what a request may hold; each has a line in docs/operating.md.
package enum RequestLimits {
    /// Characters of a title.
    package static let titleLength = 500
    /// Characters of a message, a question or a description.
    package static let textLength = 16_384
    /// Characters of a label, a name or an option's id.
    package static let nameLength = 200
    /// Options of one question.
    package static let optionCount = 100
    /// Fields of one `env_var` request.
    package static let fieldCount = 50
    /// Characters of one value in an `env_var` answer.
    package static let valueLength = 65_536
    /// Steps that all patterns of one answer may take together.
    package static let patternSteps = 100_000
    /// The longest time to a deadline: ten years, in seconds.
    package static let expirySeconds: Int64 = 315_360_000
}
