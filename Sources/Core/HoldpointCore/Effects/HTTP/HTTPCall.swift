/// An HTTP call that an effect makes: whole, checked, and ready to be sent as it stands.
///
/// What is not said here is not sent: no cookie, no credentials from a file, no proxy of the environment.
package struct HTTPCall: Sendable, Hashable {
    /// The longest body of a request: 1 MiB.
    package static let maximumBodyBytes = 1 << 20
    /// The longest idempotency key, in bytes.
    package static let maximumKeyBytes = 512

    /// What is asked for.
    package let method: Method
    /// The place that is asked.
    package let url: WebURL
    /// In the order in which they are sent; they may hold secrets.
    package let headers: [Header]
    /// Nil sends none.
    package let body: [UInt8]?
    /// Sent as `Idempotency-Key`, unless `headers` has one: the same for every attempt at the same effect.
    package let idempotencyKey: String
    /// Whether a second performance does no more than the first: by its method, or because it was marked so.
    package let isIdempotent: Bool
    /// Whether an answer that points elsewhere is followed, by the rules of `HTTPRedirect`.
    package let followsRedirects: Bool
    /// What the answer may cost.
    package let limits: Limits

    /// Makes a call; throws `InvalidHTTPCall`.
    ///
    /// - Parameter isMarkedIdempotent: says so of a method that is not idempotent by itself.
    package init(
        method: Method, url: WebURL, headers: [Header] = [], body: [UInt8]? = nil, idempotencyKey: String,
        isMarkedIdempotent: Bool = false, followsRedirects: Bool = true, limits: Limits = Limits()
    ) throws(InvalidHTTPCall) {
        guard !url.hasDotSegments else { throw InvalidHTTPCall(detail: "the path of the URL has a segment of dots") }
        guard (body?.count ?? 0) <= Self.maximumBodyBytes else {
            throw InvalidHTTPCall(detail: "the body is longer than \(Self.maximumBodyBytes) bytes")
        }
        guard body == nil || !method.isSafe else {
            throw InvalidHTTPCall(detail: "\(method.rawValue) has no body")
        }
        guard (1...Self.maximumKeyBytes).contains(idempotencyKey.utf8.count),
            idempotencyKey.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { throw InvalidHTTPCall(detail: "the idempotency key is empty, too long or no plain text") }
        try Header.check(headers)
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.idempotencyKey = idempotencyKey
        isIdempotent = method.isIdempotent || isMarkedIdempotent
        self.followsRedirects = followsRedirects
        self.limits = limits
    }

    /// What is sent: the headers, with the idempotency key unless they bring one.
    package var headersToSend: [Header] {
        if headers.contains(where: { $0.isNamed("Idempotency-Key") }) { return headers }
        return headers + [Header(idempotencyKey: idempotencyKey)]
    }
}

extension HTTPCall: CustomStringConvertible, CustomDebugStringConvertible {
    /// Method and place; never the query, a header or the body (I9).
    package var description: String { "\(method.rawValue) \(url)" }

    /// The same: what is private stays so in a failed test's output, too.
    package var debugDescription: String { description }
}

extension HTTPCall {
    /// A method that an effect may use: those of RFC 9110 and RFC 5789 that ask a server for something.
    package enum Method: String, Sendable, CaseIterable {
        case get = "GET"
        case head = "HEAD"
        case options = "OPTIONS"
        case post = "POST"
        case put = "PUT"
        case patch = "PATCH"
        case delete = "DELETE"

        /// Reads a method in any case; nil for one that is not used.
        package init?(_ text: String) {
            self.init(rawValue: text.uppercased())
        }

        /// Whether it asks for no change (RFC 9110 section 9.2.1).
        package var isSafe: Bool { [.get, .head, .options].contains(self) }

        /// Whether a second request does no more than the first (RFC 9110 section 9.2.2).
        package var isIdempotent: Bool { isSafe || self == .put || self == .delete }
    }

    /// What the answer to a call may cost.
    package struct Limits: Sendable, Hashable {
        /// The longest time that may be asked for: a day.
        package static let longestTimeout = Duration.seconds(86_400)
        /// The largest body that may be asked for: 16 MiB.
        package static let largestBodyBytes = 16 << 20

        /// From the moment when the call is handed over to the last byte, redirects included.
        package let timeout: Duration
        /// How many bytes of the answer's body are taken.
        package let maximumBodyBytes: Int

        /// Sets limits: 30 seconds and 128 KiB unless told otherwise; values out of range count as the nearest in it.
        package init(timeout: Duration = .seconds(30), maximumBodyBytes: Int = 128 << 10) {
            self.timeout = min(max(timeout, .milliseconds(1)), Self.longestTimeout)
            self.maximumBodyBytes = min(max(maximumBodyBytes, 0), Self.largestBodyBytes)
        }
    }
}

/// Why a call cannot be made; nothing was sent.
package struct InvalidHTTPCall: Error, Sendable, Equatable, CustomStringConvertible {
    /// One sentence; never holds a value.
    package let detail: String

    package init(detail: String) {
        self.detail = detail
    }

    package var description: String { detail }
}
