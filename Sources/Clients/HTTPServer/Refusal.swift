/// An answer that the server gives by itself, before or instead of the handler.
package struct Refusal: Error, Sendable, Equatable {
    /// The status of the answer.
    package let status: Int
    /// Stable, for programs.
    package let code: String
    /// One sentence, for people; never echoes what the client sent.
    package let detail: String

    static func malformed(_ detail: String) -> Refusal {
        Refusal(status: 400, code: "malformed_request", detail: detail)
    }

    static let tlsRequired = Refusal(
        status: 400, code: "tls_required", detail: "This port speaks HTTPS only.")
    static let timeout = Refusal(
        status: 408, code: "request_timeout", detail: "The request did not arrive in time.")
    static let lengthRequired = Refusal(
        status: 411, code: "length_required",
        detail: "A request body needs a Content-Length; chunked bodies are not accepted.")
    static let bodyTooLarge = Refusal(
        status: 413, code: "body_too_large", detail: "The request body is larger than allowed.")
    static let targetTooLong = Refusal(
        status: 414, code: "target_too_long", detail: "The request target is longer than allowed.")
    static let expectationFailed = Refusal(
        status: 417, code: "expectation_failed", detail: "The only expectation that can be met is 100-continue.")
    static let headTooLarge = Refusal(
        status: 431, code: "header_too_large", detail: "The request's headers are larger than allowed.")
    static let tooManyHeaders = Refusal(
        status: 431, code: "too_many_headers", detail: "The request has more header lines than allowed.")
    static let unsafeReply = Refusal(
        status: 500, code: "internal_error", detail: "The reply could not be sent.")
    static let methodNotImplemented = Refusal(
        status: 501, code: "method_not_implemented", detail: "This method is not implemented.")
    static let transferEncoding = Refusal(
        status: 501, code: "transfer_encoding_not_implemented", detail: "This transfer encoding is not implemented.")
    static let overloaded = Refusal(
        status: 503, code: "overloaded", detail: "Too many requests are being handled; try again shortly.")
    static let version = Refusal(
        status: 505, code: "http_version_not_supported", detail: "The HTTP version must be 1.0 or 1.1.")

    /// What stands for the page that libevent wrote with this status.
    static func replacing(libeventStatus status: Int) -> Refusal {
        switch status {
        case 413: .bodyTooLarge
        case 417: .expectationFailed
        case 501: .methodNotImplemented
        default: .malformed("The request could not be parsed.")
        }
    }
}

/// The reason phrases of RFC 9110 and 6585 for the codes in use.
func reasonPhrase(_ status: Int) -> String {
    switch status {
    case 200: "OK"
    case 201: "Created"
    case 202: "Accepted"
    case 204: "No Content"
    case 304: "Not Modified"
    case 400: "Bad Request"
    case 401: "Unauthorized"
    case 403: "Forbidden"
    case 404: "Not Found"
    case 405: "Method Not Allowed"
    case 408: "Request Timeout"
    case 409: "Conflict"
    case 410: "Gone"
    case 411: "Length Required"
    case 413: "Content Too Large"
    case 414: "URI Too Long"
    case 415: "Unsupported Media Type"
    case 417: "Expectation Failed"
    case 422: "Unprocessable Content"
    case 429: "Too Many Requests"
    case 431: "Request Header Fields Too Large"
    case 500: "Internal Server Error"
    case 501: "Not Implemented"
    case 503: "Service Unavailable"
    case 505: "HTTP Version Not Supported"
    default: "Status \(status)"
    }
}
