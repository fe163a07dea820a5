/// Why a server could not be started.
package enum HTTPServerError: Error, Equatable, CustomStringConvertible {
    /// The address is neither an IPv4 nor an IPv6 literal.
    case invalidAddress(String)
    /// The system refused the listening socket; names the call, the address and the system's reason.
    case cannotListen(call: String, address: String, port: UInt16, reason: String)
    /// libevent had no memory for the server.
    case outOfMemory
    /// The server has been started before, or its loop has been stopped.
    case notStartable

    /// One sentence for a log line.
    package var description: String {
        switch self {
        case .invalidAddress(let address): "'\(address)' is not a numeric IPv4 or IPv6 address"
        case .cannotListen(let call, let address, let port, let reason):
            "cannot listen on \(address) port \(port): \(call) failed: \(reason)"
        case .outOfMemory: "out of memory while the HTTP server was started"
        case .notStartable: "the HTTP server was started before, or its loop has been stopped"
        }
    }
}
