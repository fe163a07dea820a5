import HTTPServer

/// The web pages that may call the API from a browser (WHATWG Fetch, "CORS protocol"): none unless they are named.
///
/// Cookies play no part here, so credentials are never allowed, and neither is every origin at once.
package struct AllowedOrigins: Sendable, Equatable {
    /// How many origins may be named.
    package static let maximumCount = 64
    /// For how long a browser may remember the answer to a preflight.
    package static let preflightAge = Duration.seconds(600)

    /// An origin that is none.
    package struct InvalidOrigin: Error, Sendable, Equatable, CustomStringConvertible {
        package let description: String
    }

    /// No page.
    package static let none = AllowedOrigins()

    private let origins: Set<String>

    private init() {
        origins = []
    }

    /// Checks and takes origins; each is `http://HOST` or `https://HOST`, with a port if it is not the usual one.
    package init(_ texts: [String]) throws(InvalidOrigin) {
        guard texts.count <= Self.maximumCount else {
            throw InvalidOrigin(description: "at most \(Self.maximumCount) origins can be named")
        }
        for text in texts where !Self.isOrigin(text) {
            throw InvalidOrigin(
                description: text == "*"
                    ? "'*' is no origin: name each page's own"
                    : "an origin must be http://HOST or https://HOST in lower case, with :PORT if it is not the usual"
            )
        }
        origins = Set(texts)
    }

    /// Whether any page is named.
    var isEmpty: Bool { origins.isEmpty }

    /// The origin of a request, if it is one that is allowed.
    func origin(of request: HTTPRequest) -> String? {
        guard !origins.isEmpty else { return nil }
        let fields = request.headers.values("Origin")
        guard fields.count == 1, origins.contains(fields[0]) else { return nil }
        return fields[0]
    }

    /// The answer to a preflight by an allowed page; nil if the request is none.
    func preflight(_ request: HTTPRequest, methods: String) -> HTTPReply? {
        guard request.method == .options, origin(of: request) != nil,
            request.headers["Access-Control-Request-Method"] != nil
        else { return nil }
        return .response(
            HTTPResponse(
                status: 204,
                headers: [
                    "Access-Control-Allow-Methods": methods,
                    "Access-Control-Allow-Headers":
                        "Authorization, Content-Type, Idempotency-Key, Last-Event-ID, Prefer",
                    "Access-Control-Max-Age": String(Self.preflightAge.components.seconds),
                ]))
    }

    /// What every reply says to browsers and to the caches before them.
    func headers(for request: HTTPRequest) -> HTTPHeaders {
        guard !origins.isEmpty else { return [:] }
        guard let origin = origin(of: request) else { return ["Vary": "Origin"] }
        return [
            "Vary": "Origin", "Access-Control-Allow-Origin": origin,
            "Access-Control-Expose-Headers": ReplyHeader.allCases.map(\.rawValue).joined(separator: ", "),
        ]
    }

    /// Whether a text is what a browser would send for a page of the web.
    private static func isOrigin(_ text: String) -> Bool {
        for (scheme, usualPort) in [("http://", ":80"), ("https://", ":443")] where text.hasPrefix(scheme) {
            let host = text.dropFirst(scheme.count)
            return !host.isEmpty && !host.hasSuffix(usualPort)
                && host.utf8.allSatisfy { byte in
                    switch byte {
                    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                        UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: ":"), UInt8(ascii: "["),
                        UInt8(ascii: "]"):
                        true
                    default: false
                    }
                }
        }
        return false
    }
}
