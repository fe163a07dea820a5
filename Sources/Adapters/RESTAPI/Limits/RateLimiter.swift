import EventLoop
import HTTPServer
import Synchronization

/// The buckets of all keys that call; how many there can be is bounded.
///
/// Buckets are kept in two generations: once the younger one is full it becomes the older one, and what was in that and
/// has not been used since is forgotten. A key that is forgotten begins again with a full bucket.
package final class RateLimiter: Sendable {
    /// How many keys' buckets are kept at most; beyond it those unused longest begin again with a full one.
    package static let maximumKeys = 16_384

    private struct Buckets: Sendable {
        var younger: [String: TokenBucket] = [:]
        var older: [String: TokenBucket] = [:]
    }

    /// What each key may do.
    package let limit: RateLimit
    private let buckets = Locked(Buckets())
    private let refusals = Atomic<Int>(0)

    /// Makes a limiter that knows no key yet.
    package init(_ limit: RateLimit) {
        self.limit = limit
    }

    /// How many requests were refused, ever.
    package var refused: Int { refusals.load(ordering: .relaxed) }

    /// How many keys' buckets are kept.
    package var keys: Int { buckets.withLock { $0.younger.count + $0.older.count } }

    /// Takes a token of a key, by the key's public id.
    package func take(_ key: String, at nanoseconds: Int64) -> TokenBucket.Verdict {
        let verdict = buckets.withLock { buckets -> TokenBucket.Verdict in
            var bucket =
                buckets.younger[key] ?? buckets.older.removeValue(forKey: key) ?? TokenBucket(limit, at: nanoseconds)
            let verdict = bucket.take(limit, at: nanoseconds)
            if buckets.younger.count >= Self.maximumKeys / 2, buckets.younger[key] == nil {
                buckets.older = buckets.younger
                buckets.younger = [:]
            }
            buckets.younger[key] = bucket
            return verdict
        }
        if case .refused = verdict { refusals.add(1, ordering: .relaxed) }
        return verdict
    }

    /// What a reply says of the key's quota (draft-ietf-httpapi-ratelimit-headers-10).
    ///
    /// The quota is the burst, and the window the time in which it fills.
    func headers(_ verdict: TokenBucket.Verdict) -> HTTPHeaders {
        let (left, seconds) =
            switch verdict {
            case .allowed(let left, let seconds): (left, seconds)
            case .refused(let seconds): (0, seconds)
            }
        return [
            ReplyHeader.rateLimitPolicy.rawValue: "\"key\";q=\(limit.burst);w=\(limit.secondsToFill)",
            ReplyHeader.rateLimit.rawValue: "\"key\";r=\(left);t=\(seconds)",
        ]
    }
}

extension Problem {
    /// A key that calls too often (RFC 6585, section 4).
    static func rateLimited(_ limit: RateLimit, retryInSeconds seconds: Int64) -> Problem {
        var problem = Problem(
            status: 429, code: "rate_limited",
            detail: "this key may make \(limit.requestsPerSecond) requests per second, \(limit.burst) at once")
        problem.headers["Retry-After"] = String(max(1, seconds))
        return problem
    }
}
