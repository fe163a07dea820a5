import Glibc

/// Pause cycles over HTTP as fast as a server takes them: the load of `Benchmarks/run`, which measures the server.
///
/// Many connections that stay, each with one cycle after the other; every session has a stream from its start to its
/// end, on a connection of its own; one connection watches the feed, unless told otherwise. One thread that never waits
/// for anything but the sockets: a slow client would offer so little at once that the server could share neither
/// flushes nor wake-ups.
final class HTTPLoad {
    /// What is played.
    enum Cycle: String {
        /// A session that its agent drives by four requests: start, ask, answer, complete.
        case external
        /// A workflow of one `call: human`, which two requests start and answer.
        case workflow

        /// The agent, which must be there.
        var agent: String { self == .external ? "bench" : "ask" }

        /// What a session's stream carries.
        var types: [String] { self == .external ? feedTypes : workflowTypes }
    }

    /// What the feed carries of a session: it leaves out how a workflow went on.
    private static let feedTypes = ["session_started", "hitl_requested", "hitl_responded", "session_completed"]
    private static let workflowTypes = [
        "session_started", "hitl_requested", "workflow_advanced", "hitl_responded", "workflow_advanced",
        "session_completed",
    ]

    let target: HTTPTarget
    let cycle: Cycle
    private let cycles: Int
    private var handlers: [Int32: () throws -> Void] = [:]
    private var polled: [pollfd] = []
    private var begun = 0
    private var finished = 0
    private var onFeed: [String: Int] = [:]
    private var feedEvents = 0
    private var isWatching = false

    init(_ target: HTTPTarget, cycle: Cycle, cycles: Int) {
        self.target = target
        self.cycle = cycle
        self.cycles = cycles
    }

    /// Runs all cycles and, if the feed is watched, waits for its last event.
    ///
    /// One watcher of everything is too slow for what hundreds of connections bring about at once, and is cut off.
    func run(connections: Int, withFeed: Bool) throws {
        if withFeed { try watchFeed() }
        // What happens before the feed is open need not be on it.
        while withFeed, !isWatching { try handleArrivals() }
        for _ in 0..<connections { try HTTPLane(self).next() }
        let expected = withFeed ? cycles * Self.feedTypes.count : 0
        while finished < cycles || feedEvents < expected { try handleArrivals() }
    }

    private func handleArrivals() throws {
        let count = poll(&polled, nfds_t(polled.count), 30_000)
        guard count > 0 else { throw BenchmarkFailure("nothing came for 30 s: \(finished) cycles are done") }
        for entry in polled where entry.revents != 0 { try handlers[entry.fd]?() }
    }

    /// The number of the next cycle; nil when all have begun.
    func begin() -> Bool {
        guard begun < cycles else { return false }
        begun += 1
        return true
    }

    func finish() { finished += 1 }

    /// Opens a connection, and calls `handler` whenever something has arrived on it.
    func open(_ handler: @escaping (Socket) throws -> Void) throws -> Socket {
        let socket = try Socket(port: target.port)
        handlers[socket.descriptor] = { try handler(socket) }
        polled.append(pollfd(fd: socket.descriptor, events: Int16(POLLIN), revents: 0))
        return socket
    }

    func close(_ socket: Socket) {
        handlers[socket.descriptor] = nil
        polled.removeAll { $0.fd == socket.descriptor }
        socket.end()
    }

    /// Each event of the feed must be the next of its session.
    private func watchFeed() throws {
        var reader = EventReader()
        let feed = try open { [unowned self] socket in
            let isOpen = try socket.read()
            for event in try reader.events(from: socket) {
                guard let session = event.data.text(after: "\"session\":\"", upTo: "\"") else { continue }
                let place = onFeed[session, default: 0]
                guard place < Self.feedTypes.count, event.type == Self.feedTypes[place] else {
                    throw BenchmarkFailure("the feed has \(event.type) as number \(place + 1) of \(session)")
                }
                onFeed[session] = place + 1
                feedEvents += 1
            }
            isWatching = reader.hasBegun
            guard isOpen else { throw BenchmarkFailure("the feed was cut") }
        }
        try feed.send(target.request("GET", "/stream"))
    }
}
