import CEvent
package import EventLoop
import Synchronization

/// An HTTP/1.1 server on libevent's `evhttp`, hardened, with server-sent event streams.
///
/// It knows no route, no tenant and no session: each request goes to one handler. All its work is done on one
/// `EventLoop`, and the handler runs there too. What it refuses by itself, and with which limits, is in
/// `HTTPServerConfiguration`. A request body must have a Content-Length: chunked bodies are answered 411, because
/// libevent's chunk parser cannot be made safe.
///
/// All refusals have the body that `configuration.refusal` makes: the pages that libevent writes by itself (400, 417,
/// 501) are replaced before they are sent (but see `statusOfForeignPage` for a rare exception). A client that goes on
/// sending for longer than `lingerDeadline` after a refusal may see a reset instead of it. A half-closed connection
/// counts as closed.
///
/// With credentials in the configuration it speaks HTTPS alone, with the same limits; plain HTTP is answered 400.
///
/// Start it once, and `drain()` it before the loop is stopped. A running server keeps itself alive.
// Proof for @unchecked Sendable: the `let`s are Sendable and never change; every variable is touched only on the
// loop's thread, which all entry points change to before they touch one.
package final class HTTPServer: @unchecked Sendable {
    /// The loop on which everything happens.
    package let loop: EventLoop
    /// What handlers are isolated to.
    let isolation: LoopIsolation
    /// Where a handler's task goes on that waited for a continuation.
    let continuations: any TaskExecutor
    /// The limits.
    package let configuration: HTTPServerConfiguration
    let handler: HTTPHandler
    let scannerLimits: HeadScanner.Limits
    let counters = HTTPServerCounters()

    // Below: only on the loop's thread.
    /// What the server is doing.
    var phase = Phase.new
    var http: OpaquePointer?
    var listener: OpaquePointer?
    var boundSocket: OpaquePointer?
    /// All open connections, by the address of their bufferevent.
    var connections: [UInt: Connection] = [:]
    /// What new connections are shown; nil for a server of plain HTTP.
    var credentials: TLSCredentials?
    /// The connections whose TLS handshake is not known to be over, by their number.
    var handshakes: [UInt64: Connection] = [:]
    /// Accepted, but not yet known to be in libevent's hands.
    var newcomers: [Connection] = []
    /// Connections from which something came in this round, to be looked at in the round hook.
    var touched: [Connection] = []
    var deliveries = DeliveryQueue()
    /// The streams that have gathered bytes in this round.
    var gathering: [Connection] = []
    /// The bodies that are announced or held at the moment, in bytes.
    var bodyBytesInFlight = 0
    var lastNumber: UInt64 = 0
    var sweepWatch: EventWatch?
    var drainWatch: EventWatch?
    var hook: EventLoopHook?
    var drainWaiters: [CheckedContinuation<Void, Never>] = []
    var dateCache = DateCache()

    /// The life of a server: each case can move to the next only.
    enum Phase {
        case new
        case running
        case draining
        case stopped
    }

    /// Makes a server that does nothing until it is started.
    ///
    /// - Parameters:
    ///   - loop: The loop to run on; it must outlive the server.
    ///   - configuration: The limits.
    ///   - handler: Answers each request.
    package init(
        loop: EventLoop, configuration: HTTPServerConfiguration = HTTPServerConfiguration(),
        handler: @escaping HTTPHandler
    ) {
        self.loop = loop
        isolation = LoopIsolation(on: loop)
        continuations = loop.taskExecutor
        self.configuration = configuration
        self.handler = handler
        credentials = configuration.tls
        scannerLimits = HeadScanner.Limits(
            headBytes: configuration.maximumHeadBytes, headerCount: configuration.maximumHeaderCount,
            targetBytes: configuration.maximumTargetBytes, bodyBytes: configuration.maximumBodyBytes)
    }

    /// Opens the listening socket and begins to accept; returns the port.
    ///
    /// Throws `invalidAddress` or `cannotListen` with the system's reason, `notStartable` the second time.
    package func start() async throws(HTTPServerError) -> UInt16 {
        let result = await withCheckedContinuation { continuation in
            loop.run { continuation.resume(returning: self.open()) }
        }
        return try result.get()
    }

    /// Sends one frame to many streams, in slices of `fanOutSlice` a round, so that requests get their turn.
    ///
    /// From any thread; cheap. Frames arrive at each stream in the order of the calls.
    package func send(_ frame: SharedBytes, to streams: [HTTPEventStream]) {
        queue(.fanOut(frame, streams))
    }

    /// The counters at this moment; from any thread.
    package func statistics() -> HTTPServerStatistics { counters.snapshot }
}
