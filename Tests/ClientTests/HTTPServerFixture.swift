import EventLoop
import HTTPServer
import Testing

/// A door that opens once; whoever waits goes on when it does.
final class Latch: Sendable {
    private struct State {
        var isOpen = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Locked(State())

    func open() {
        let waiters = state.withLock { state in
            state.isOpen = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    func wait() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                if !state.isOpen { state.waiters.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }
}

/// A server with a handful of routes on a loop of its own, and what they have seen.
final class ServerFixture: Sendable {
    let loop: EventLoop
    let server: HTTPServer
    let port: UInt16
    let seen: Seen

    /// What the handler saw and what it waits for.
    final class Seen: Sendable {
        let requests = Locked<[HTTPRequest]>([])
        let streams = Locked<[HTTPEventStream]>([])
        let closes = Locked<[UInt64: Int]>([:])
        /// Opened when `/wait` has been called, to let it answer, and when its client has left.
        let entered = Latch()
        let release = Latch()
        let left = Latch()
        let answered = Latch()
        /// Opened when as many streams are open, or have been closed, as a test wants.
        let streamsOpen = Countdown()
        let streamsClosed = Countdown()
    }

    private init(loop: EventLoop, server: HTTPServer, port: UInt16, seen: Seen) {
        self.loop = loop
        self.server = server
        self.port = port
        self.seen = seen
    }

    func connect(receiveBuffer: Int32? = nil) throws -> RawClient {
        if isSecure { return try RawClient.secure(port: port) }
        return try RawClient(port: port, receiveBuffer: receiveBuffer)
    }

    /// Whether clients must speak TLS.
    var isSecure: Bool { server.configuration.tls != nil }

    /// Runs `body` against a server, then drains it and stops its loop.
    static func run(
        _ adjust: (inout HTTPServerConfiguration) -> Void = { _ in },
        _ body: (ServerFixture) async throws -> Void
    ) async throws {
        var configuration = HTTPServerConfiguration()
        configuration.drainDeadline = .milliseconds(100)
        configuration.lingerDeadline = .milliseconds(500)
        configuration.heartbeat = .seconds(600)
        configuration.refusal = { status, code, detail in
            HTTPResponse(
                status: status, headers: ["Content-Type": "application/problem+json"],
                body: Array("{\"status\":\(status),\"code\":\"\(code)\",\"detail\":\"\(detail)\"}".utf8))
        }
        adjust(&configuration)
        let loop = try EventLoop.start(name: "http-test")
        let seen = Seen()
        let server = HTTPServer(loop: loop, configuration: configuration) { request, exchange, _ in
            seen.requests.withLock { $0.append(request) }
            return await route(request, exchange, seen)
        }
        let fixture = ServerFixture(loop: loop, server: server, port: try await server.start(), seen: seen)
        do {
            try await body(fixture)
        } catch {
            seen.release.open()
            await server.drain()
            try loop.stop()
            throw error
        }
        seen.release.open()
        await server.drain()
        try loop.stop()
    }

    private static func route(_ request: HTTPRequest, _ exchange: HTTPExchange, _ seen: Seen) async -> HTTPReply {
        switch request.path {
        case "/hello": return .response(text("hello"))
        case "/echo": return .response(HTTPResponse(status: 200, headers: ["Content-Type": "x/y"], body: request.body))
        case "/big":
            let body = [UInt8](repeating: 0x78, count: 8 * 1024 * 1024)
            return .response(HTTPResponse(status: 200, headers: ["Content-Type": "x/y"], body: body))
        case "/empty": return .response(HTTPResponse(status: 204))
        case "/split":
            return .response(HTTPResponse(status: 200, headers: ["X": "a\r\nSet-Cookie: b"], body: [0x78]))
        case "/wait":
            exchange.onDisconnect { seen.left.open() }
            seen.entered.open()
            await seen.release.wait()
            seen.answered.open()
            return .response(text("waited"))
        case "/stream":
            return .eventStream(headers: ["X-Kind": "test"]) { stream in
                seen.streams.withLock { $0.append(stream) }
                stream.onClose {
                    seen.closes.withLock { $0[stream.id, default: 0] += 1 }
                    seen.streamsClosed.count()
                }
                seen.streamsOpen.count()
            }
        default: return .response(HTTPResponse(status: 404, headers: ["Content-Type": "text/plain"]))
        }
    }

    private static func text(_ text: String) -> HTTPResponse {
        HTTPResponse(status: 200, headers: ["Content-Type": "text/plain"], body: Array(text.utf8))
    }
}

/// Counts up, and lets a test wait until it has reached a number.
final class Countdown: Sendable {
    private struct State {
        var count = 0
        var waiters: [(Int, CheckedContinuation<Void, Never>)] = []
    }

    private let state = Locked(State())

    func count() {
        let due = state.withLock { state in
            state.count += 1
            let due = state.waiters.filter { $0.0 <= state.count }
            state.waiters.removeAll { $0.0 <= state.count }
            return due.map(\.1)
        }
        for waiter in due { waiter.resume() }
    }

    func wait(for wanted: Int) async {
        await withCheckedContinuation { continuation in
            let isReached = state.withLock { state in
                if state.count < wanted { state.waiters.append((wanted, continuation)) }
                return state.count >= wanted
            }
            if isReached { continuation.resume() }
        }
    }
}

extension ServerFixture {
    /// Waits until the condition holds, looking once a round; the test's time limit ends it.
    func until(_ condition: () -> Bool) async {
        while !condition() { await roundTrip() }
    }

    /// Begins a drain in a task of its own, on the loop: the test's own thread goes on to wait for bytes.
    func startDrain() -> Task<Void, Never> {
        Task(executorPreference: loop.taskExecutor) { await self.server.drain() }
    }

    /// Opens so many streams and waits until the server has them all.
    func openStreams(_ count: Int, receiveBuffer: Int32? = nil) async throws -> [RawClient] {
        let before = server.statistics().streams
        let clients = try (0..<count).map { _ in
            let client = try connect(receiveBuffer: receiveBuffer)
            client.send("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n")
            return client
        }
        await seen.streamsOpen.wait(for: before + count)
        return clients
    }

    /// The streams that are open, in the order in which they were opened.
    var streams: [HTTPEventStream] { seen.streams.withLock { $0 } }

    /// Waits until the loop has gone through a few whole rounds: what had arrived before has been looked at.
    func roundTrip() async {
        for _ in 0..<3 {
            let latch = Latch()
            loop.execute { latch.open() }
            await latch.wait()
        }
    }
}

extension RawClient {
    /// Sends junk until the peer takes no more for 300 ms, or `total` is reached; returns how much was taken.
    func sendJunk(upTo total: Int) -> Int {
        let junk = [UInt8](repeating: 0x6A, count: 65_536)
        var sent = 0
        while sent < total, isWritable(withinMilliseconds: 300) { sent += sendOnce(junk) }
        return sent
    }
}
