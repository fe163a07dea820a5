/// Every limit of an HTTP server, with its default.
package struct HTTPServerConfiguration: Sendable {
    /// Makes the body of an answer that the server gives by itself, from a status, a stable code and one sentence.
    package typealias Refusal = @Sendable (_ status: Int, _ code: String, _ detail: String) -> HTTPResponse

    /// The numeric IPv4 or IPv6 address to listen on, without brackets.
    package var address = "127.0.0.1"
    /// The TCP port to listen on; 0 takes any free one.
    package var port: UInt16 = 0
    /// How many connections the kernel may hold that have not been accepted yet.
    package var backlog: Int32 = 511
    /// How many connections may be open; above it none is accepted until one closes.
    package var maximumConnections = 10_000
    /// The certificate and key to serve HTTPS with; nil for plain HTTP.
    package var tls: TLSCredentials?
    /// How many TLS handshakes may be under way at once; above it the oldest one is given up.
    package var maximumHandshakes = 1_024
    /// How many requests may be with the handler at once; above it: 503 with `Retry-After: 1`.
    ///
    /// Well above what is ever wanted to wait: when streams reconnect all at once, each is a request first.
    package var maximumRequestsInFlight = 8_192

    /// The largest request head (request line and headers) in bytes; above it: 431.
    package var maximumHeadBytes = 16 * 1024
    /// The largest number of header lines; above it: 431.
    package var maximumHeaderCount = 100
    /// The longest request target in bytes; above it: 414.
    package var maximumTargetBytes = 8 * 1024
    /// The largest request body in bytes; above it: 413.
    package var maximumBodyBytes = 1024 * 1024
    /// How many bytes of request bodies may be announced or held at once, over all requests; above it: 503.
    package var maximumBodyBytesInFlight = 256 * 1024 * 1024

    /// How long a TLS handshake may take; beyond it the connection is closed.
    package var handshakeDeadline: Duration = .seconds(10)
    /// How long a request head may take from its first byte to its last; beyond it: 408.
    package var headDeadline: Duration = .seconds(10)
    /// How long a request body may take from the end of the head; beyond it: 408.
    package var bodyDeadline: Duration = .seconds(30)
    /// How long a client may take to fetch a response; beyond it the connection is cut.
    package var replyDeadline: Duration = .seconds(60)
    /// How long a connection may be open without a request; beyond it the connection is closed.
    package var idleTimeout: Duration = .seconds(75)
    /// How long a connection that is being closed is still read from, so that the client sees the last response.
    package var lingerDeadline: Duration = .seconds(2)
    /// How long `drain()` waits for replies and streams before it cuts what is left.
    package var drainDeadline: Duration = .seconds(10)

    /// How long a stream may be silent before a comment line is sent on it.
    package var heartbeat: Duration = .seconds(15)
    /// The kernel's send buffer of a stream in bytes (`SO_SNDBUF`; Linux reserves twice as much).
    package var streamSendBufferBytes: Int32 = 64 * 1024
    /// How many bytes may wait for one stream's client besides; above it the client is cut as too slow.
    package var maximumStreamOutputBytes = 256 * 1024
    /// How many bytes are read from a client that is not being answered yet, or that has a stream.
    package var inputWatermarkBytes = 64 * 1024
    /// How many frames are sent in one round of the loop, over all streams.
    package var fanOutSlice = 64
    /// How many frames may wait for their slice, over all streams; above it the addressed streams are cut.
    package var maximumQueuedFrames = 262_144
    /// How many bytes those frames may have, a frame for many streams counted once; above it likewise.
    package var maximumQueuedBytes = 64 * 1024 * 1024

    /// Makes the answers that the server gives by itself (400, 408, 411, 413, 414, 417, 431, 500, 501, 503, 505).
    ///
    /// The default is a line of plain text. The server adds `Connection: close` where nothing after the request can
    /// be trusted. It is called on the loop and must be short.
    package var refusal: Refusal = { status, code, detail in
        HTTPResponse(
            status: status, headers: ["Content-Type": "text/plain; charset=utf-8"],
            body: Array("\(code): \(detail)\n".utf8))
    }

    /// All defaults.
    package init() {}
}
