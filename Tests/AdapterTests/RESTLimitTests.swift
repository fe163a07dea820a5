import EventLoop
import HTTPServer
import HoldpointCore
import HoldpointPorts
import JSON
import RESTAPI
import Testing

/// How often a key may call: the bucket by itself, the keys side by side, and what a caller is told.
@Suite(.timeLimit(.minutes(1)))
struct RESTLimitTests {
    private static let second: Int64 = 1_000_000_000
    private let limit = RateLimit(requestsPerSecond: 10, burst: 5)

    @Test func `a full bucket lets the burst through and no more, and fills at its rate`() {
        var bucket = TokenBucket(limit, at: 0)
        for left in [4, 3, 2, 1, 0] {
            guard case .allowed(left, _) = bucket.take(limit, at: 0) else { return #expect(Bool(false), "refused") }
        }
        #expect(bucket.take(limit, at: 0) == .refused(retryInSeconds: 1))
        #expect(bucket.take(limit, at: Self.second / 10 - 1) == .refused(retryInSeconds: 1))
        #expect(bucket.take(limit, at: Self.second / 10) == .allowed(left: 0, moreInSeconds: 1))
        #expect(bucket.take(limit, at: Self.second / 10) == .refused(retryInSeconds: 1))
    }

    @Test func `in the long run no more goes through than the rate, whenever it is asked for`() {
        for step in [Self.second / 1_000, Self.second / 30, Self.second / 7, Self.second / 10] {
            var bucket = TokenBucket(limit, at: 0)
            var allowed = 0
            var time: Int64 = 0
            while time <= 100 * Self.second {
                if case .allowed = bucket.take(limit, at: time) { allowed += 1 }
                time += step
            }
            #expect(allowed <= 5 + 10 * 100)
            #expect(step > Self.second / 10 || allowed >= 10 * 100)
        }
    }

    @Test func `a long pause fills the bucket once, and a clock that goes back gives nothing`() {
        var bucket = TokenBucket(limit, at: 0)
        for _ in 0..<5 { _ = bucket.take(limit, at: 0) }
        let late = Int64.max / 2
        for _ in 0..<5 { #expect(bucket.take(limit, at: late) != .refused(retryInSeconds: 1)) }
        #expect(bucket.take(limit, at: late) == .refused(retryInSeconds: 1))
        #expect(bucket.take(limit, at: 0) == .refused(retryInSeconds: 1))
        #expect(bucket.take(limit, at: late) == .refused(retryInSeconds: 1))
    }

    @Test func `a slow rate says how long to wait`() {
        let slow = RateLimit(requestsPerSecond: 1, burst: 3)
        #expect(slow.secondsToFill == 3)
        var bucket = TokenBucket(slow, at: 0)
        for _ in 0..<3 { _ = bucket.take(slow, at: 0) }
        #expect(bucket.take(slow, at: Self.second / 2) == .refused(retryInSeconds: 1))
        #expect(RateLimit(requestsPerSecond: 0, burst: -1) == RateLimit(requestsPerSecond: 1, burst: 1))
    }

    @Test func `keys do not use up each other's quota`() {
        let limiter = RateLimiter(RateLimit(requestsPerSecond: 1, burst: 1))
        #expect(limiter.take("key:a", at: 0) == .allowed(left: 0, moreInSeconds: 1))
        #expect(limiter.take("key:a", at: 0) == .refused(retryInSeconds: 1))
        #expect(limiter.take("key:b", at: 0) == .allowed(left: 0, moreInSeconds: 1))
        #expect(limiter.refused == 1)
        #expect(limiter.keys == 2)
    }

    @Test func `however many keys call, the buckets are bounded, and a key in use is not forgotten`() {
        let limiter = RateLimiter(RateLimit(requestsPerSecond: 1, burst: 1))
        _ = limiter.take("key:busy", at: 0)
        for number in 0..<3 * RateLimiter.maximumKeys {
            _ = limiter.take("key:\(number)", at: 0)
            if number.isMultiple(of: 1_000) {
                #expect(limiter.take("key:busy", at: 0) == .refused(retryInSeconds: 1))
                #expect(limiter.keys <= RateLimiter.maximumKeys)
            }
        }
        #expect(limiter.keys <= RateLimiter.maximumKeys)
    }

    @Test func `a key whose quota is used up is 429 until there is more, and others go on`() async throws {
        let other = "hp_other_0123456789abcdef"
        var configuration = RESTConfiguration()
        configuration.rateLimit = RateLimit(requestsPerSecond: 1, burst: 2)
        let caller = Caller(
            principal: .key("other"), tenant: try TenantName("acme"), project: try ProjectName("default"),
            scopes: [.sessionsRead])
        let fixture = try RESTFixture(keys: [other: caller], configuration: configuration)
        let first = await fixture.call(.get, "/sessions/s1")
        #expect(first.headers["RateLimit-Policy"] == "\"key\";q=2;w=2")
        #expect(first.headers["RateLimit"] == "\"key\";r=1;t=1")
        // A refusal for another reason costs a token as well.
        #expect(await fixture.call(.get, "/sessions/unknown").status == 404)
        let refused = await fixture.call(.get, "/sessions/s1")
        #expect(refused.status == 429)
        #expect(refused.code == "rate_limited")
        #expect(refused.headers["Retry-After"] == "1")
        #expect(refused.headers["RateLimit"] == "\"key\";r=0;t=1")
        #expect(await fixture.call(.get, "/sessions/s1", key: other).status == 200)
        #expect(await fixture.call(.get, "/healthz", key: nil).headers["RateLimit"] == nil)
        #expect(fixture.gateway.calls.count == 3)
    }

    @Test func `without a limit nothing is said of one`() async throws {
        let fixture = try RESTFixture()
        for _ in 0..<500 { #expect(await fixture.call(.get, "/agents/invoice").status == 200) }
        #expect(await fixture.call(.get, "/agents/invoice").headers["RateLimit"] == nil)
    }
}
