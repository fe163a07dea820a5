import CEvent
import EventLoop
import Synchronization

/// What the server knows about one client connection.
///
/// libevent's callbacks get it as their context pointer; the server's table keeps it until the connection's close
/// callback. Handlers hold it through `HTTPExchange` and `HTTPEventStream`: once closed it stays closed, so a late
/// reply finds nothing to write to. It is kept small, because there may be many thousands.
// Proof for @unchecked Sendable: `isClosed` is an atomic and the `let`s never change; everything else is touched
// only on the loop's thread, where all methods and callbacks run.
final class Connection: @unchecked Sendable {
    /// Where the connection stands.
    enum Stage: UInt8 {
        /// Waiting for a request head, or in the middle of one. Then: body, pending, closing.
        case head
        /// The head is complete and libevent gathers the body. Then: pending, closing.
        case body
        /// The handler has the request. Then: replying, streaming, closing.
        case pending
        /// libevent sends the response. Then: head, or the connection ends.
        case replying
        /// An event stream is open; its callbacks are the server's own. Then: closing.
        case streaming
        /// The last bytes are being sent and what comes in is thrown away. Then the connection ends.
        case closing
        /// The connection is gone.
        case closed
    }

    let server: HTTPServer
    let number: UInt64
    /// The `struct bufferevent *`; valid until `stage` is `closed`.
    let buffer: OpaquePointer
    /// Whether TLS is spoken; the bufferevent is OpenSSL's then.
    let isEncrypted: Bool
    let isClosed = Atomic<Bool>(false)

    var stage = Stage.head
    /// The TLS handshake has begun and is not known to be over.
    var isHandshaking = false
    /// The watermark is set and the client's leaving is seen although a reply is pending.
    var isWatched = false
    /// The write side has been shut down after the last bytes.
    var isShutDown = false
    /// The `struct evhttp_connection *`, once known.
    var handle: OpaquePointer?
    /// The `struct evhttp_request *` while there is one to answer.
    var request: OpaquePointer?
    var scanner = HeadScanner()
    var deadline: ContinuousClock.Instant?
    /// The announced length of the request's body, counted against the server's budget.
    var bodyBytes = 0
    /// What a pipelined head was found to deserve, while libevent cannot be interrupted yet.
    var verdict: Refusal?
    /// What must be known of the request being answered.
    var answering = Answering()
    var disconnectActions: [@Sendable () -> Void] = []
    var stream: StreamState?

    init(server: HTTPServer, number: UInt64, buffer: OpaquePointer, isEncrypted: Bool) {
        self.server = server
        self.number = number
        self.buffer = buffer
        self.isEncrypted = isEncrypted
    }

    /// What the reply's form depends on.
    struct Answering {
        var isHead = false
        var isHTTP10 = false
        var mustClose = false
        /// The connection ends after the response.
        var isLast = false
    }

    var input: OpaquePointer? { bufferevent_get_input(buffer) }
    var output: OpaquePointer? { bufferevent_get_output(buffer) }
    var outputLength: Int { output.map(evbuffer_get_length) ?? 0 }
    var descriptor: Int32 { bufferevent_getfd(buffer) }

    /// The context pointer for C callbacks; the server's table keeps it valid.
    var context: UnsafeMutableRawPointer { Unmanaged.passUnretained(self).toOpaque() }

    static func from(_ context: UnsafeMutableRawPointer?) -> Connection? {
        context.map { Unmanaged<Connection>.fromOpaque($0).takeUnretainedValue() }
    }
}

/// What is kept besides for a connection that has become an event stream.
final class StreamState {
    var lastSend: ContinuousClock.Instant
    let isChunked: Bool
    var closeActions: [@Sendable () -> Void] = []
    var waiters: [CheckedContinuation<Bool, Never>] = []
    /// Bytes that wait within the round, to be sent with what comes next.
    var gathered: [UInt8] = []

    init(isChunked: Bool, now: ContinuousClock.Instant) {
        self.isChunked = isChunked
        lastSend = now
    }
}
