import EventLoop
import HTTPClient
import HTTPServer
import HoldpointCore
import HoldpointPorts
import JSON
import RESTAPI
import Testing

/// Event streams, over a real socket.
///
/// One after the other: the HTTP client blocks a thread of the pool, and a stream needs one to be opened.
@Suite(.serialized, .timeLimit(.minutes(1)))
struct RESTStreamTests {
    @Test func `a session's stream is its log, and ends after the session does`() async throws {
        try await RESTServerFixture.run { fixture in
            let log = RESTSamples.events(5, endsSession: true)
            fixture.gateway.change { $0.events = log }
            let (events, end) = try fixture.stream("/sessions/s1/stream")
            #expect(end == .finished)
            #expect(events.map(\.id) == ["1", "2", "3", "4", "5"])
            #expect(events.map(\.type) == log.map(\.type.text))
            #expect(events.map(\.data) == log.map { String(decoding: $0.json, as: UTF8.self) })
        }
    }

    @Test func `a stream cut at every point goes on after its last event, without gap or double`() async throws {
        try await RESTServerFixture.run { fixture in
            fixture.gateway.change { $0.events = RESTSamples.events(6, endsSession: true) }
            for cut in 1...6 {
                let (first, _) = try fixture.stream("/sessions/s1/stream", upTo: cut)
                let last = try #require(first.last?.id)
                let (rest, end) = try fixture.stream("/sessions/s1/stream?after=0", lastEventID: last)
                #expect((first + rest).map(\.id) == (1...6).map(String.init))
                guard cut == 6 else { continue }
                guard case .answered(let response) = end else { return #expect(Bool(false), "a stream was opened") }
                #expect(response.status == 204)
            }
        }
    }

    @Test func `the head of a stream tells proxies to leave it alone, and clients when to come back`() async throws {
        try await RESTServerFixture.run { fixture in
            fixture.gateway.change { $0.events = RESTSamples.events(1, endsSession: true) }
            let response = try HTTPClient.perform(fixture.request("GET", "/sessions/s1/stream"))
            #expect(response.status == 200)
            #expect(response.header("Content-Type") == "text/event-stream")
            #expect(response.header("Cache-Control") == "no-store")
            #expect(response.header("X-Accel-Buffering") == "no")
            #expect(response.header("X-Request-Id") != nil)
            let text = String(decoding: response.body, as: UTF8.self)
            #expect(text.hasPrefix("retry: 2000\n\nid: 1\nevent: session_started\ndata: {"))
            #expect(text.hasSuffix("}\n\n"))
        }
    }

    @Test func `a stream that cannot begin has a status of its own`() async throws {
        try await RESTServerFixture.run { fixture in
            let unknown = try HTTPClient.perform(fixture.request("GET", "/sessions/other/stream"))
            #expect(unknown.status == 404)
            #expect(unknown.header("Content-Type") == "application/problem+json")
            let malformed = try HTTPClient.perform(
                fixture.request("GET", "/sessions/s1/stream", headers: [("Last-Event-ID", "x")]))
            #expect(malformed.status == 422)
            #expect(String(decoding: malformed.body, as: UTF8.self).contains("header:Last-Event-ID"))
            fixture.gateway.change {
                $0.refusal = .rejected(Rejection(.positionGone, "the feed is kept from position 7 on"))
            }
            let gone = try HTTPClient.perform(fixture.request("GET", "/stream?after=3"))
            #expect(gone.status == 410)
            #expect(fixture.server.statistics().streams == 0)
        }
    }

    @Test func `a header says more than a parameter, and the feed knows its types`() async throws {
        try await RESTServerFixture.run { fixture in
            fixture.gateway.change { $0.refusal = .rejected(Rejection(.positionGone, "stop here")) }
            for (target, header, detail) in [
                ("/stream", nil, "after now all"), ("/stream?after=0", nil, "after 0 all"),
                (
                    "/stream?after=5&types=hitl_requested,session_completed", "17-2",
                    "after 17-2 hitl_requested,session_completed"
                ),
                ("/sessions/s1/stream", nil, "after 0"), ("/sessions/s1/stream?after=4", nil, "after 4"),
                ("/sessions/s1/stream?after=4", "9", "after 9"),
            ] as [(String, String?, String)] {
                _ = try fixture.stream(target, lastEventID: header)
                #expect(fixture.gateway.calls.last?.detail == detail)
            }
        }
    }

    @Test func `a log longer than any buffer arrives whole`() async throws {
        try await RESTServerFixture.run { fixture in
            // 12 MB, against 256 KiB that may wait for one client.
            let log = RESTSamples.events(3_000, padding: 4_000, endsSession: true)
            fixture.gateway.change {
                $0.events = log
                $0.page = 256
            }
            let (events, end) = try fixture.stream("/sessions/s1/stream")
            #expect(end == .finished)
            #expect(events.map(\.id) == (1...3_000).map(String.init))
            #expect(fixture.server.statistics().cutAsSlow == 0)
        }
    }

    @Test func `what comes later goes to everybody, and each client that leaves is unsubscribed`() async throws {
        try await RESTServerFixture.run { fixture in
            let left = AsyncStream<Void>.makeStream()
            fixture.gateway.change { script in
                script.events = RESTSamples.events(1)
                script.onUnwatch = { left.continuation.yield() }
            }
            let clients = try (0..<5).map { try StreamingClient(number: $0, fixture, upTo: 3) }
            // Everybody is there once the server counts so many streams.
            while fixture.server.statistics().streams < clients.count { await Task.yield() }
            let watching = fixture.gateway.state.watching
            let sink = try #require(watching.values.first)
            for event in RESTSamples.events(3).dropFirst() { sink.send(event, to: Array(watching.keys)) }
            for client in clients { #expect(try await client.ids() == ["1", "2", "3"]) }
            var leaving = left.stream.makeAsyncIterator()
            for _ in clients { await leaving.next() }
            #expect(fixture.gateway.state.watching.isEmpty)
        }
    }

    @Test func `what the server refuses by itself is a problem document too`() async throws {
        try await RESTServerFixture.run { fixture in
            let long = String(repeating: "x", count: 1_048_577)
            let response = try HTTPClient.perform(fixture.request("POST", "/sessions", body: long))
            #expect(response.status == 413)
            #expect(response.header("Content-Type") == "application/problem+json")
            #expect(response.header("X-Request-Id") != nil)
            let problem = try JSONParser.parse(response.body)
            #expect(problem["code"] == "body_too_large")
            #expect(problem["request_id"]?.stringValue == response.header("X-Request-Id"))
        }
    }

    @Test func `HEAD has the headers of GET and no body`() async throws {
        try await RESTServerFixture.run { fixture in
            let get = try HTTPClient.perform(fixture.request("GET", "/sessions/s1"))
            let head = try HTTPClient.perform(fixture.request("HEAD", "/sessions/s1"))
            #expect(head.status == 200)
            #expect(head.body.isEmpty)
            #expect(head.header("Content-Length") == get.header("Content-Length"))
        }
    }
}

/// A client that reads a stream on a thread of its own: the HTTP client blocks, and there are few threads to share.
private struct StreamingClient {
    private let loop: EventLoop
    private let results = AsyncStream<[String]>.makeStream()

    init(number: Int, _ fixture: RESTServerFixture, upTo count: Int) throws {
        loop = try EventLoop.start(name: "client-\(number)")
        loop.execute { [continuation = results.continuation] in
            let events = try? fixture.stream("/sessions/s1/stream", upTo: count).events
            continuation.yield((events ?? []).map(\.id))
        }
    }

    /// The ids of the events, once all have come.
    func ids() async throws -> [String] {
        var iterator = results.stream.makeAsyncIterator()
        let ids = await iterator.next()
        try loop.stop()
        return ids ?? []
    }
}
