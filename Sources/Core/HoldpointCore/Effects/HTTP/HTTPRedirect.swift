/// What to do about an answer that points elsewhere (RFC 9110 section 15.4), by rules of our own.
///
/// At another origin (scheme, host, port) only headers go that tell nothing; a request that may change something does
/// not go there at all, because what was approved was a call to a certain server. From `https` nothing goes to `http`.
package enum HTTPRedirect: Sendable, Equatable {
    /// How many redirects of one call are followed.
    package static let maximumCount = 5

    /// The answer stands for itself.
    case none
    /// This is to be sent next.
    case follow(HTTPCall)
    /// The answer points to a place where the call may not go.
    case refused(Refusal)

    /// Why a redirect is not followed.
    package enum Refusal: String, Sendable, Equatable, CustomStringConvertible {
        case tooMany = "there were too many before"
        case notHTTP = "the target is no valid http or https URL"
        case insecure = "it leads from https to http"
        case unsafeElsewhere = "a call that may change something would go to another server"

        /// The rest of a sentence.
        package var description: String { rawValue }
    }

    /// Judges an answer.
    ///
    /// - Parameter count: how many redirects of this call have been followed before.
    package static func judge(
        status: Int, location: String?, of call: HTTPCall, after count: Int
    ) -> HTTPRedirect {
        guard call.followsRedirects, [301, 302, 303, 307, 308].contains(status), let location else { return .none }
        guard count < maximumCount else { return .refused(.tooMany) }
        guard let url = try? call.url.resolving(location) else { return .refused(.notHTTP) }
        guard url.isSecure || !call.url.isSecure else { return .refused(.insecure) }
        // 303 asks for a GET; after a POST, everybody has always read 301 and 302 in the same way.
        let becomesGet = status == 303 && !call.method.isSafe || status <= 302 && call.method == .post
        let method = becomesGet ? .get : call.method
        let isElsewhere = url.origin != call.url.origin
        guard method.isSafe || !isElsewhere else { return .refused(.unsafeElsewhere) }
        return .follow(call.redirected(to: url, method: method, isElsewhere: isElsewhere))
    }
}

extension HTTPCall {
    fileprivate func redirected(to url: WebURL, method: Method, isElsewhere: Bool) -> HTTPCall {
        let kept = headers.filter { header in
            (!isElsewhere || header.isForEveryOrigin)
                && (method == self.method || !header.name.lowercased().hasPrefix("content-"))
        }
        return HTTPCall(self, at: url, method: method, headers: kept)
    }

    /// The same call elsewhere; every part has been checked before.
    private init(_ call: HTTPCall, at url: WebURL, method: Method, headers: [Header]) {
        self.method = method
        self.url = url
        self.headers = headers
        body = method == call.method ? call.body : nil
        idempotencyKey = call.idempotencyKey
        isIdempotent = call.isIdempotent || method.isIdempotent
        followsRedirects = call.followsRedirects
        limits = call.limits
    }
}
