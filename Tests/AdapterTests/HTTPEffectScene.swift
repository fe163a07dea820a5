import EventLoop
import Foundation
import HTTPEffects
import HTTPServer
import HoldpointCore
import JSON

/// A service to be called, and a performer that may call it.
final class HTTPEffectScene: Sendable {
    let port: UInt16
    private let effects: HTTPEffects
    private let seen: Locked<[HTTPRequest]>
    private let arrivals: AsyncStream<Void>

    /// The requests that the service got, in order.
    var requests: [HTTPRequest] { seen.withLock { $0 } }

    private init(
        port: UInt16, effects: HTTPEffects, seen: Locked<[HTTPRequest]>, arrivals: AsyncStream<Void>
    ) {
        self.port = port
        self.effects = effects
        self.seen = seen
        self.arrivals = arrivals
    }

    /// Runs `body` with a service and a performer that may call these addresses, then ends both.
    static func run(
        allowing entries: [String] = ["127.0.0.1"], _ body: (HTTPEffectScene) async throws -> Void
    ) async throws {
        let loop = try EventLoop.start(name: "effects-test")
        let seen = Locked<[HTTPRequest]>([])
        let (arrivals, arrival) = AsyncStream.makeStream(of: Void.self)
        let (release, releasing) = AsyncStream.makeStream(of: Void.self)
        var limits = HTTPServerConfiguration()
        limits.drainDeadline = .milliseconds(100)
        let server = HTTPServer(loop: loop, configuration: limits) { request, _, _ in
            seen.withLock { $0.append(request) }
            if request.path == "/wait" {
                arrival.yield()
                for await _ in release {}
            }
            return .response(answer(to: request))
        }
        var configuration = HTTPEffects.Configuration()
        configuration.addressRules = try AddressRules(allowing: entries)
        let effects = HTTPEffects(loop: loop, configuration: configuration)
        let scene = HTTPEffectScene(port: try await server.start(), effects: effects, seen: seen, arrivals: arrivals)
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(scene))
        } catch {
            result = .failure(error)
        }
        releasing.finish()
        await effects.stop()
        await server.drain()
        try loop.stop()
        try result.get()
    }

    /// Calls a path of the service, or another URL.
    func perform(
        _ method: HTTPCall.Method, _ place: String, body: JSONValue? = nil, secret: String? = nil,
        timeout: Duration = .seconds(20), maximumBodyBytes: Int = 10_000,
        isPermitted: @escaping @Sendable () -> Bool = { true }
    ) async -> HTTPCall.Outcome {
        do {
            let url = place.hasPrefix("/") ? "http://127.0.0.1:\(port)\(place)" : place
            var draft = HTTPCallDraft(method: method, endpoint: try URITemplate(url), body: body)
            draft.authentication = secret.map { .bearer(token: $0) }
            draft.limits = HTTPCall.Limits(timeout: timeout, maximumBodyBytes: maximumBodyBytes)
            let call = try draft.call(idempotencyKey: "t:p:s:1")
            return await effects.perform(call, isPermitted: isPermitted)
        } catch {
            return .notPerformed(.invalid)
        }
    }

    /// Waits until a request for `/wait` is with the service.
    func entered() async {
        for await _ in arrivals { return }
    }

    private static func answer(to request: HTTPRequest) -> HTTPResponse {
        let parts = request.path.split(separator: "/")
        let target = request.query ?? ""
        switch parts.first {
        case "to": return HTTPResponse(status: 302, headers: ["Location": target])
        case "keep": return HTTPResponse(status: 307, headers: ["Location": target])
        case "count" where parts.last != "0":
            return HTTPResponse(status: 302, headers: ["Location": "\((parts.last.flatMap { Int($0) } ?? 1) - 1)"])
        case "status": return HTTPResponse(status: parts.last.flatMap { Int($0) } ?? 500, headers: ["X": "y"])
        case "big":
            return HTTPResponse(
                status: 200, headers: ["Content-Type": "x/y"], body: [UInt8](repeating: 0x78, count: 1_001))
        default:
            return HTTPResponse(
                status: 200, headers: ["Content-Type": "x/y", "X-Path": request.path], body: request.body)
        }
    }
}

/// A server that accepts one connection, closes its listener, reads something and cuts the connection.
enum CuttingServer {
    enum Failure: Error {
        case systemCall
    }

    /// Starts it and returns its port.
    static func start() throws -> UInt16 {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && listen(listener, 1) == 0 && getsockname(listener, $0, &length) == 0
            }
        }
        guard isListening else { throw Failure.systemCall }
        Thread.detachNewThread {
            var limit = timeval(tv_sec: 20, tv_usec: 0)
            setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
            let connection = accept(listener, nil, nil)
            close(listener)
            var buffer = [UInt8](repeating: 0, count: 4096)
            _ = read(connection, &buffer, buffer.count)
            close(connection)
        }
        return UInt16(bigEndian: address.sin_port)
    }
}
