/// How often a key may call.
package struct RateLimit: Sendable, Equatable {
    /// Requests per second in the long run; at least 1.
    package let requestsPerSecond: Int
    /// Requests that may come at once after a pause; at least 1.
    package let burst: Int

    /// Makes a limit; numbers below 1 count as 1, those above a million as that.
    package init(requestsPerSecond: Int, burst: Int) {
        self.requestsPerSecond = min(max(1, requestsPerSecond), 1_000_000)
        self.burst = min(max(1, burst), 1_000_000)
    }

    /// Nanoseconds in which one token comes.
    var nanosecondsPerToken: Int64 { 1_000_000_000 / Int64(requestsPerSecond) }
    /// Seconds in which an empty bucket fills, rounded up.
    package var secondsToFill: Int64 { TokenBucket.seconds(Int64(burst) * nanosecondsPerToken) }
}

/// A bucket of tokens, one for each request, that fills at a steady rate.
///
/// It holds no clock: times are nanoseconds since any fixed beginning.
package struct TokenBucket: Sendable, Equatable {
    /// What a request is told.
    package enum Verdict: Sendable, Equatable {
        /// It may go on; so many more might at this moment, and one more than that in so many seconds.
        case allowed(left: Int, moreInSeconds: Int64)
        /// It may not; the next token comes in so many seconds, rounded up.
        case refused(retryInSeconds: Int64)
    }

    /// What is in the bucket, in nanoseconds of filling, so that nothing is lost to rounding.
    private var content: Int64
    private var lastTime: Int64

    /// A full bucket.
    package init(_ limit: RateLimit, at time: Int64) {
        content = Int64(limit.burst) * limit.nanosecondsPerToken
        lastTime = time
    }

    /// Takes one token, if there is one.
    ///
    /// A time before the last one counts as that.
    package mutating func take(_ limit: RateLimit, at time: Int64) -> Verdict {
        let token = limit.nanosecondsPerToken
        let capacity = Int64(limit.burst) * token
        let passed = max(0, time - lastTime)
        lastTime = max(lastTime, time)
        content = passed >= capacity - content ? capacity : content + passed
        guard content >= token else { return .refused(retryInSeconds: Self.seconds(token - content)) }
        content -= token
        return .allowed(left: Int(content / token), moreInSeconds: Self.seconds(token - content % token))
    }

    /// Nanoseconds as whole seconds, rounded up.
    static func seconds(_ nanoseconds: Int64) -> Int64 { (nanoseconds + 999_999_999) / 1_000_000_000 }
}
