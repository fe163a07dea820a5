import EventLoop
import HTTPClient
import HTTPServer
import JSON
import RESTAPI
import Testing

/// The API on a real server and a real socket.
struct RESTServerFixture: Sendable {
    let gateway: RESTScriptedGateway
    let server: HTTPServer
    let url: String

    /// Runs a test against a fresh server, and takes the server down after it.
    static func run(_ body: (RESTServerFixture) async throws -> Void) async throws {
        let loop = try EventLoop.start(name: "rest-test")
        let gateway = try RESTScriptedGateway()
        var configuration = HTTPServerConfiguration()
        configuration.refusal = RESTAPI.refusal()
        let server = HTTPServer(
            loop: loop, configuration: configuration, handler: RESTAPI.handler(gateway: gateway))
        let port = try await server.start()
        let outcome: Result<Void, any Error>
        do {
            outcome = .success(
                try await body(
                    RESTServerFixture(gateway: gateway, server: server, url: "http://127.0.0.1:\(port)")))
        } catch {
            outcome = .failure(error)
        }
        await server.drain()
        try loop.stop()
        try outcome.get()
    }

    func request(
        _ method: String, _ target: String, body: String? = nil, headers: [(String, String)] = []
    ) -> HTTPClient.Request {
        var all = headers.map { HTTPClient.Header($0.0, $0.1) }
        all.append(HTTPClient.Header("Authorization", "Bearer \(RESTScriptedGateway.fullKey)"))
        if body != nil { all.append(HTTPClient.Header("Content-Type", "application/json")) }
        return HTTPClient.Request(
            method: method, url: url + RESTFixture.path(target), headers: all, body: body.map { Array($0.utf8) },
            timeout: .seconds(20))
    }

    /// The events of a stream until it ends, or until there are so many.
    func stream(
        _ target: String, lastEventID: String? = nil, upTo count: Int = .max
    ) throws -> (events: [ServerSentEvent], end: HTTPClient.StreamEnd) {
        let headers = lastEventID.map { [("Last-Event-ID", $0)] } ?? []
        let events = Locked<[ServerSentEvent]>([])
        let end = try HTTPClient.stream(request("GET", target, headers: headers)) { event in
            let data = (try? JSONParser.parse(Array(event.data.utf8))) ?? .null
            for mismatch in RESTDescription.served.violations(
                of: data, ["$ref": "#/components/schemas/Event"], "event")
            {
                Issue.record("the event \(event.id) is not as described: \(mismatch)")
            }
            let reached = events.withLock { events in
                events.append(event)
                return events.count
            }
            return reached >= count ? .stop : .goOn
        }
        return (events.withLock { $0 }, end)
    }
}
