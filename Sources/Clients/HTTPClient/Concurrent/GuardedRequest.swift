/// A request to somebody who is not trusted, with what must hold before it leaves.
package struct GuardedRequest: Sendable {
    /// How many bytes of a response's head are taken unless a request says otherwise: 32 KiB.
    package static let defaultMaximumHeadBytes = 32 << 10

    /// What is sent; its `timeout` begins when the request is handed over.
    package var request: HTTPClient.Request
    /// A longer head, interim responses and trailers included, ends the request.
    package var maximumHeadBytes: Int
    /// The longest time for looking up the name, connecting and the handshake.
    package var connectTimeout: Duration
    /// Whether the server may get the request twice: then a connection may be used again, on which curl sends a request
    /// once more if the server has just closed it.
    package var mayBeSentTwice: Bool
    /// Asked on the loop for every address that a connection is to be opened to, or is open to.
    package var admits: @Sendable (RemoteAddress) -> Bool
    /// Asked on the loop when the connection stands, immediately before the request is written.
    package var isPermitted: @Sendable () -> Bool

    package init(
        _ request: HTTPClient.Request, maximumHeadBytes: Int = defaultMaximumHeadBytes,
        connectTimeout: Duration = .seconds(10), mayBeSentTwice: Bool,
        admits: @escaping @Sendable (RemoteAddress) -> Bool, isPermitted: @escaping @Sendable () -> Bool = { true }
    ) {
        self.request = request
        self.maximumHeadBytes = maximumHeadBytes
        self.connectTimeout = connectTimeout
        self.mayBeSentTwice = mayBeSentTwice
        self.admits = admits
        self.isPermitted = isPermitted
    }
}

/// The address of the other side of a connection.
package struct RemoteAddress: Sendable, Hashable {
    /// 4 bytes of IPv4 or 16 of IPv6, as they travel in a packet.
    package let bytes: [UInt8]

    package init(bytes: [UInt8]) {
        self.bytes = bytes
    }
}

/// Why a guarded request has no response, and whether the server may have seen it.
package struct ExchangeFailure: Error, Sendable, Equatable {
    /// What went wrong.
    package let reason: Reason
    /// False only if not a byte of the request was written.
    package let mayHaveLeft: Bool

    package init(reason: Reason, mayHaveLeft: Bool) {
        self.reason = reason
        self.mayHaveLeft = mayHaveLeft
    }

    /// What went wrong.
    package enum Reason: Sendable, Equatable {
        /// The request could not be sent as it stands.
        case invalidRequest
        /// As many requests as may are under way and waiting already.
        case overloaded
        /// The host has this address, which `admits` refused, and no other that answers.
        case addressRefused(RemoteAddress)
        /// `isPermitted` said no.
        case notPermitted
        /// The name is unknown or nobody listens.
        case unreachable
        /// The handshake failed, or the certificate is not trusted.
        case insecure
        /// The time is over.
        case timedOut
        /// The response's head or body is longer than the request allows.
        case responseTooLarge(limitBytes: Int)
        /// The connection broke, or what came is no HTTP.
        case transferFailed
        /// The caller's task was cancelled.
        case cancelled
        /// The client was stopped, or its loop.
        case stopped
    }
}
