package import JSON

/// What came of an attempt at a call, as the session that made it records it.
package enum CallResult: Sendable, Equatable {
    /// An answer came, whatever its status: `{statusCode, headers, content}`.
    case completed(response: JSONValue)
    /// There is no answer to go on with, and another attempt would end in the same way: a problem document (RFC 9457).
    case failed(problem: JSONValue)
    /// Nothing left this node; the same attempt may be made from `retryAt` on.
    case notSent(reason: String, retryAt: Timestamp)
    /// It left, and nobody knows what became of it; it may be made again from `retryAt` on, if it is idempotent.
    case unknown(reason: String, retryAt: Timestamp)
}

/// Limits of the calls that sessions make.
package enum CallLimits {
    /// Attempts at an idempotent call whose outcome stays unknown; then it has failed.
    package static let attempts: Int64 = 3
    /// How long a call whose outcome is unknown rests after the first attempt, in milliseconds.
    package static let backoffMilliseconds: Int64 = 2_000
    /// How many times as long it rests after each further attempt.
    package static let backoffFactor: Int64 = 4
    /// The longest rest between two attempts, in milliseconds.
    package static let longestBackoffMilliseconds: Int64 = 60_000
    /// How long a call that could not be sent rests, in milliseconds.
    package static let postponementMilliseconds: Int64 = 1_000
    /// Bytes of a response as it is recorded; a longer one fails the call.
    package static let responseBytes = WorkflowLimits.dataBytes

    /// How long a call rests after so many attempts, in milliseconds.
    package static func backoff(after attempt: Int64) -> Int64 {
        var milliseconds = backoffMilliseconds
        for _ in 0..<min(max(attempt - 1, 0), 16) {
            milliseconds = min(milliseconds * backoffFactor, longestBackoffMilliseconds)
        }
        return milliseconds
    }
}
