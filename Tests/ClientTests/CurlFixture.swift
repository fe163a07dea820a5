import EventLoop
import HTTPClient
import Testing

/// A client on a loop of its own.
struct CurlFixture {
    let client: ConcurrentHTTPClient
    let loop: EventLoop

    /// Runs `body` with a client, then stops it and its loop.
    static func run(
        _ adjust: (inout ConcurrentHTTPClient.Configuration) -> Void = { _ in },
        _ body: (CurlFixture) async throws -> Void
    ) async throws {
        var configuration = ConcurrentHTTPClient.Configuration()
        adjust(&configuration)
        let loop = try EventLoop.start(name: "curl-test")
        let fixture = CurlFixture(client: ConcurrentHTTPClient(loop: loop, configuration: configuration), loop: loop)
        do {
            try await body(fixture)
        } catch {
            await fixture.client.stop()
            try loop.stop()
            throw error
        }
        await fixture.client.stop()
        try loop.stop()
    }

    /// Sends a request that every guard lets pass, unless it is told otherwise.
    func perform(
        _ url: String, _ method: String = "GET", body: [UInt8]? = nil, timeout: Duration = .seconds(20),
        mayBeSentTwice: Bool = false, maximumBytes: Int = 1_000, maximumHeadBytes: Int = 4_000,
        admits: @escaping @Sendable (RemoteAddress) -> Bool = { _ in true },
        isPermitted: @escaping @Sendable () -> Bool = { true }
    ) async throws -> HTTPClient.Response {
        try await client.perform(
            GuardedRequest(
                HTTPClient.Request(
                    method: method, url: url, body: body, timeout: timeout, maximumResponseBytes: maximumBytes),
                maximumHeadBytes: maximumHeadBytes, mayBeSentTwice: mayBeSentTwice, admits: admits,
                isPermitted: isPermitted))
    }

    /// Expects that the request fails, and says how.
    func failure(
        _ expected: ExchangeFailure.Reason, left: Bool, sourceLocation: SourceLocation = #_sourceLocation,
        _ request: () async throws -> HTTPClient.Response
    ) async {
        do {
            let response = try await request()
            Issue.record("answered with \(response.status)", sourceLocation: sourceLocation)
        } catch {
            #expect(
                error as? ExchangeFailure == ExchangeFailure(reason: expected, mayHaveLeft: left),
                sourceLocation: sourceLocation)
        }
    }
}

extension ServerFixture {
    func url(_ path: String) -> String { "http://127.0.0.1:\(port)\(path)" }
}
