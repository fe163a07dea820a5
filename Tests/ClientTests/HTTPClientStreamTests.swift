import HTTPClient
import Testing

@Suite(.timeLimit(.minutes(1)))
struct HTTPClientStreamTests {
    private static let head =
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nConnection: close\r\n\r\n"

    @Test func `an event is handed over when it arrives, not when the stream ends`() throws {
        // The second event is sent only after the first was seen: a client that waits for more would time out.
        let server = try HTTPClientScriptedServer([
            .send(Self.head + ": heartbeat\n\nid: 1\nevent: step_started\ndata: {}\n\n"), .waitForTest,
            .send("id: 2\ndata: two\n\n"),
        ])
        var events: [ServerSentEvent] = []
        let end = try HTTPClient.stream(.init(url: server.url, timeout: .seconds(10))) { event in
            events.append(event)
            server.goOn()
            return .goOn
        }
        #expect(end == .finished)
        #expect(
            events == [
                ServerSentEvent(id: "1", type: "step_started", data: "{}"),
                ServerSentEvent(id: "2", type: "message", data: "two"),
            ])
    }

    @Test func `the receiver can stop the stream at any event`() throws {
        let server = try HTTPClientScriptedServer([.send(Self.head + "data: 1\n\ndata: 2\n\n"), .waitForTest])
        var count = 0
        let end = try HTTPClient.stream(.init(url: server.url)) { _ in
            count += 1
            return .stop
        }
        #expect(end == .stopped)
        #expect(count == 1)
        server.goOn()
    }

    @Test func `a problem document is handed back as a response`() throws {
        let server = try HTTPClientScriptedServer([
            .send("HTTP/1.1 404 Not Found\r\nContent-Type: application/problem+json\r\nContent-Length: 2\r\n\r\n{}")
        ])
        let end = try HTTPClient.stream(.init(url: server.url)) { _ in .goOn }
        guard case .answered(let response) = end else {
            Issue.record("expected a response, got \(end)")
            return
        }
        #expect(response.status == 404)
        #expect(response.body == Array("{}".utf8))
    }

    @Test func `204 means that nothing is left to read`() throws {
        let server = try HTTPClientScriptedServer([.send("HTTP/1.1 204 No Content\r\n\r\n")])
        let end = try HTTPClient.stream(.init(url: server.url)) { _ in .goOn }
        guard case .answered(let response) = end else {
            Issue.record("expected a response, got \(end)")
            return
        }
        #expect(response.status == 204)
    }

    @Test func `a stream that breaks off in a chunk is an error, after its whole events were handed over`() throws {
        let chunked = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        let server = try HTTPClientScriptedServer([.send(chunked + "9\r\ndata: 1\n\n\r\nff\r\ndata: 2")])
        var events: [String] = []
        let error = #expect(throws: HTTPClientError.self) {
            try HTTPClient.stream(.init(url: server.url)) { event in
                events.append(event.data)
                return .goOn
            }
        }
        guard case .transferFailed = error else {
            Issue.record("expected 'transferFailed', got \(String(describing: error))")
            return
        }
        #expect(events == ["1"])
    }

    @Test func `a stream that falls silent is given up`() throws {
        let server = try HTTPClientScriptedServer([.send(Self.head + "data: 1\n\n"), .waitForTest])
        #expect(throws: HTTPClientError.timedOut) {
            try HTTPClient.stream(.init(url: server.url, timeout: .seconds(1))) { _ in .goOn }
        }
        server.goOn()
    }

    @Test func `an event over the limit ends the stream`() throws {
        let filler = String(repeating: "x", count: ServerSentEventParser.defaultMaximumEventBytes)
        let server = try HTTPClientScriptedServer([.send(Self.head + "data: " + filler)])
        let limit = ServerSentEventParser.defaultMaximumEventBytes
        #expect(throws: HTTPClientError.responseTooLarge(limitBytes: limit)) {
            try HTTPClient.stream(.init(url: server.url)) { _ in .goOn }
        }
    }
}
