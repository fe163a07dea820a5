extension HTTPCall {
    /// What came of a call, told apart by what may be done next.
    package enum Outcome: Sendable, Equatable {
        /// An answer came, whole and within the limits; its status may be any.
        case answered(Answer)
        /// Surely nothing was changed by it: nothing left, or only questions that change nothing. It may be repeated.
        case notPerformed(Failure)
        /// It left, and what became of it is not known. It may be repeated only if it is idempotent.
        case unknown(Failure)
    }

    /// A whole answer.
    package struct Answer: Sendable, Hashable {
        /// The status code.
        package let status: Int
        /// In the order of arrival.
        package let headers: [Header]
        /// The content as it came; a content coding is not undone.
        package let body: [UInt8]
        /// The place that answered, after redirects.
        package let url: WebURL

        package init(status: Int, headers: [Header], body: [UInt8], url: WebURL) {
            self.status = status
            self.headers = headers
            self.body = body
            self.url = url
        }

        /// The value of the first header with this name, or nil.
        package func header(_ name: String) -> String? { headers.first { $0.isNamed(name) }?.value }
    }

    /// Why there is no answer.
    package enum Failure: Error, Sendable, Equatable {
        /// As many calls as may are under way and waiting already.
        case overloaded
        /// Who asked for the call may not make it any more.
        case notPermitted
        /// The host is, or has only, addresses that may not be called.
        case addressRefused(AddressKind)
        /// The name is unknown or nobody listens.
        case unreachable
        /// No secure connection could be made with the server, or its certificate is not trusted.
        case insecure
        /// The time ran out.
        case timedOut
        /// The connection broke, or what came is no HTTP.
        case cutOff
        /// The answer's head or body is longer than is taken.
        case answerTooLarge(limitBytes: Int)
        /// The answer points to a place where the call may not go.
        case redirectRefused(HTTPRedirect.Refusal)
        /// It was cancelled from here, or this node is about to end.
        case cancelled
        /// The call could not be put on the wire.
        case invalid

        /// Whether another attempt would fail in the same way unless somebody changes something.
        package var isLasting: Bool {
            switch self {
            case .addressRefused, .insecure, .answerTooLarge, .redirectRefused, .invalid: true
            case .overloaded, .notPermitted, .unreachable, .timedOut, .cutOff, .cancelled: false
            }
        }
    }
}

extension HTTPCall.Failure: CustomStringConvertible {
    /// One sentence that tells neither an address nor anything of the call.
    package var description: String {
        switch self {
        case .overloaded: "too many calls are under way"
        case .notPermitted: "the session was stopped, or is no longer this node's"
        case .addressRefused(let kind): "the host's address may not be called (\(kind.rawValue))"
        case .unreachable: "the host is unknown or does not accept connections"
        case .insecure: "no trusted connection to the host could be made"
        case .timedOut: "no answer came in time"
        case .cutOff: "the connection broke before the answer was complete"
        case .answerTooLarge(let limit): "the answer is longer than \(limit) bytes"
        case .redirectRefused(let refusal): "the answer's redirect is not followed: \(refusal)"
        case .cancelled: "the call was cancelled"
        case .invalid: "the call cannot be sent"
        }
    }
}
