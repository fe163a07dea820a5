import Synchronization

/// What a server has counted, for metrics and tests.
package struct HTTPServerStatistics: Sendable, Equatable {
    /// Connections that are open.
    package var connections = 0
    /// Event streams that are open.
    package var streams = 0
    /// Requests that are with the handler.
    package var requestsInFlight = 0
    /// Requests that were handed to the handler, ever.
    package var requests = 0
    /// Requests that the server refused by itself, ever.
    package var refused = 0
    /// Streams that were cut because their client was too slow, ever.
    package var cutAsSlow = 0
    /// Connections that were closed because a deadline had passed, ever.
    package var timedOut = 0
    /// Clients that left while their reply was pending, ever.
    package var leftWhilePending = 0
    /// TLS handshakes that failed, were late, or were given up, ever.
    package var handshakesFailed = 0
}

/// The counters behind `HTTPServerStatistics`; written on the loop, read anywhere.
final class HTTPServerCounters: Sendable {
    let connections = Atomic<Int>(0)
    let streams = Atomic<Int>(0)
    let requestsInFlight = Atomic<Int>(0)
    let requests = Atomic<Int>(0)
    let refused = Atomic<Int>(0)
    let cutAsSlow = Atomic<Int>(0)
    let timedOut = Atomic<Int>(0)
    let leftWhilePending = Atomic<Int>(0)
    let handshakesFailed = Atomic<Int>(0)

    var snapshot: HTTPServerStatistics {
        HTTPServerStatistics(
            connections: connections.load(ordering: .relaxed), streams: streams.load(ordering: .relaxed),
            requestsInFlight: requestsInFlight.load(ordering: .relaxed),
            requests: requests.load(ordering: .relaxed), refused: refused.load(ordering: .relaxed),
            cutAsSlow: cutAsSlow.load(ordering: .relaxed), timedOut: timedOut.load(ordering: .relaxed),
            leftWhilePending: leftWhilePending.load(ordering: .relaxed),
            handshakesFailed: handshakesFailed.load(ordering: .relaxed))
    }
}

extension Atomic where Value == Int {
    /// Adds one, or another amount; there is one writer, so no more ordering is needed.
    func add(_ amount: Int = 1) { add(amount, ordering: .relaxed) }
}
