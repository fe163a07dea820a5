import CCurl
package import EventLoop

/// Many HTTP requests at once on one event loop, each with guards of its own; libcurl's multi interface.
///
/// It speaks HTTP/1.1 to whoever a URL names, follows no redirect, and takes nothing from the environment: no proxy,
/// no credentials, no cookies. Certificates are checked. It knows nothing of what it carries. Names are looked up on
/// threads of libcurl's, everything else happens on the loop.
///
/// Bounded: so many requests run, so many wait for their turn, and the next is refused.
// Proof for @unchecked Sendable: the `let`s are Sendable and never change; every variable is touched only on the
// loop's thread, which all entry points change to before they touch one.
package final class ConcurrentHTTPClient: @unchecked Sendable {
    /// The limits of a client, and whom it trusts.
    package struct Configuration: Sendable {
        /// How many requests may be under way; default 256.
        package var maximumRunning = 256
        /// How many more may wait for their turn; default 1,024.
        package var maximumWaiting = 1_024
        /// How many connections may be kept open without a request; default 64.
        package var maximumIdleConnections = 64
        /// A PEM file with the authorities to trust instead of the system's.
        package var authoritiesFile: String?

        package init() {}
    }

    let loop: EventLoop
    let configuration: Configuration

    // Below: only on the loop's thread.
    /// The `CURLM *`, there from the first request until the end.
    var multi: UnsafeMutableRawPointer?
    var timer: OpaquePointer?
    /// The loop's event of each socket that curl wants watched.
    var watchedSockets: [curl_socket_t: OpaquePointer] = [:]
    /// What is under way, by the address of its easy handle.
    var running: [UnsafeMutableRawPointer: Exchange] = [:]
    /// What waits for its turn, the oldest first.
    var waiting: [Exchange] = []
    var hook: EventLoopHook?
    var isStopped = false

    /// Makes a client that does nothing until it is asked; the loop must outlive it.
    package init(loop: EventLoop, configuration: Configuration = Configuration()) {
        self.loop = loop
        self.configuration = configuration
    }

    /// Sends a request and waits for the whole response, of whatever status.
    ///
    /// Takes at most `request.timeout`, waiting for a turn included. Cancelling the task ends it in the loop's next
    /// round.
    package func perform(
        _ request: GuardedRequest, isolation: isolated (any Actor)? = #isolation
    ) async throws(ExchangeFailure) -> HTTPClient.Response {
        let exchange = Exchange(request)
        let result = await withTaskCancellationHandler {
            // Named, or this would run on the pool.
            _ = isolation
            return await withCheckedContinuation { continuation in
                loop.run { self.accept(exchange, continuation) }
            }
        } onCancel: {
            // Never at once: the caller may be in a callback of curl's.
            loop.execute { self.cancel(exchange) }
        }
        return try result.get()
    }

    /// Ends what is under way with `stopped`, and refuses whatever comes later.
    ///
    /// To be called before the loop is stopped.
    package func stop() async {
        await withCheckedContinuation { continuation in
            loop.execute {
                if let hook = self.hook { self.loop.removeRoundHook(hook) }
                self.hook = nil
                self.close()
                continuation.resume()
            }
        }
    }
}
