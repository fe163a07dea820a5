/// Why no response came; a response of any status is no error.
package enum HTTPClientError: Error, Sendable, Equatable {
    /// The request itself is at fault (URL, method, a header or the authorities' file); nothing was sent.
    case invalidRequest(String)
    /// No connection came about: the name is unknown or nobody listens. Nothing was sent.
    case unreachable(String)
    /// The time ran out; the server may have acted on the request.
    case timedOut
    /// The response is longer than the request allows.
    case responseTooLarge(limitBytes: Int)
    /// The transfer broke off or was no HTTP; the server may have acted on the request.
    case transferFailed(String)
}

extension HTTPClientError: CustomStringConvertible {
    /// One line for a person; it never holds a header or a body.
    package var description: String {
        switch self {
        case .invalidRequest(let reason): "invalid request: \(reason)"
        case .unreachable(let reason): "cannot reach the server: \(reason)"
        case .timedOut: "the server did not answer in time"
        case .responseTooLarge(let limit): "the response is longer than \(limit) bytes"
        case .transferFailed(let reason): "the transfer failed: \(reason)"
        }
    }
}
