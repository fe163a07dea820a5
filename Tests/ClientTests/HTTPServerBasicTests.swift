import EventLoop
import HTTPServer
import Testing

@Suite(.timeLimit(.minutes(1)))
struct HTTPServerBasicTests {
    private let get = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"

    @Test func `a request is answered with type, length and date, and the connection is kept`() async throws {
        try await ServerFixture.run { fixture in
            let client = try fixture.connect()
            for _ in 0..<3 {
                client.send(get)
                let response = try #require(client.readResponse())
                #expect(response.status == 200)
                #expect(response.text == "hello")
                #expect(response.header("Content-Type") == "text/plain")
                #expect(response.header("Date")?.hasSuffix("GMT") == true)
                #expect(response.header("Connection") == nil)
            }
            #expect(fixture.server.statistics().connections == 1)
            #expect(fixture.server.statistics().requests == 3)
        }
    }

    @Test func `pipelined requests are answered in order`() async throws {
        try await ServerFixture.run { fixture in
            let client = try fixture.connect()
            let bodies = (0..<50).map { "body-\($0)" }
            client.send(
                bodies.map { "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: \($0.utf8.count)\r\n\r\n\($0)" }
                    .joined())
            for body in bodies { #expect(client.readResponse()?.text == body) }
        }
    }

    @Test func `a request that comes byte by byte is understood`() async throws {
        try await ServerFixture.run { fixture in
            let client = try fixture.connect()
            for byte in "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc".utf8 { client.send([byte]) }
            #expect(client.readResponse()?.text == "abc")
        }
    }

    @Test func `a close asked for is a close given`() async throws {
        try await ServerFixture.run { fixture in
            for connection in ["close", "Close", "x, close"] {
                let client = try fixture.connect()
                client.send("GET /hello HTTP/1.1\r\nHost: a\r\nConnection: \(connection)\r\n\r\n")
                #expect(client.readResponse()?.header("Connection") == "close")
                #expect(client.readToEnd() == [])
            }
        }
    }

    @Test func `HTTP 1.0 closes, unless keep-alive is asked for`() async throws {
        try await ServerFixture.run { fixture in
            let client = try fixture.connect()
            client.send("GET /hello HTTP/1.0\r\n\r\n")
            #expect(client.readResponse()?.text == "hello")
            #expect(client.readToEnd() == [])

            let kept = try fixture.connect()
            for _ in 0..<2 {
                kept.send("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
                #expect(kept.readResponse()?.header("Connection") == "keep-alive")
            }
            #expect(fixture.seen.requests.withLock { $0.allSatisfy(\.isHTTP10) })
        }
    }

    @Test func `HEAD has the length but not the body, and the connection stays in step`() async throws {
        try await ServerFixture.run { fixture in
            let client = try fixture.connect()
            client.send("HEAD /hello HTTP/1.1\r\nHost: a\r\n\r\n" + get)
            let head = try #require(client.readResponse(hasBody: false))
            #expect(head.header("Content-Length") == "5")
            #expect(client.readResponse()?.text == "hello")
        }
    }

    @Test func `204 has neither length nor body`() async throws {
        try await ServerFixture.run { fixture in
            let client = try fixture.connect()
            client.send("GET /empty HTTP/1.1\r\nHost: a\r\n\r\n" + get)
            let empty = try #require(client.readResponse())
            #expect(empty.status == 204)
            #expect(empty.header("Content-Length") == nil)
            #expect(client.readResponse()?.text == "hello")
        }
    }

    @Test func `an expectation of 100-continue is met`() async throws {
        try await ServerFixture.run { fixture in
            let client = try fixture.connect()
            client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
            #expect(client.readResponse(hasBody: false)?.status == 100)
            client.send("abc")
            #expect(client.readResponse()?.text == "abc")
        }
    }

    @Test func `a body of the largest size arrives whole`() async throws {
        try await ServerFixture.run { fixture in
            let client = try fixture.connect()
            let body = (0..<1_048_576).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            client.send("PUT /echo HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.count)\r\n\r\n")
            client.send(body)
            #expect(client.readResponse()?.body == body)
            client.send(get)
            #expect(client.readResponse()?.text == "hello")
        }
    }

    @Test func `method, target, headers and address reach the handler as they were sent`() async throws {
        try await ServerFixture.run { fixture in
            let client = try fixture.connect()
            client.send(
                "PATCH /a%2Fb/c%20d?x=1+2&y=%C3%A9&z HTTP/1.1\r\nHost: example.com:80\r\nX-One:  1 \r\nx-one: 2\r\n"
                    + "Content-Length: 2\r\n\r\nhi")
            #expect(client.readResponse()?.status == 404)
            let request = try #require(fixture.seen.requests.withLock { $0.first })
            #expect(request.method == .patch)
            #expect(request.target == "/a%2Fb/c%20d?x=1+2&y=%C3%A9&z")
            #expect(request.percentDecodedPathSegments() == ["a/b", "c d"])
            let items = try #require(request.queryItems())
            #expect(items.map { "\($0.0)=\($0.1)" } == ["x=1 2", "y=é", "z="])
            #expect(request.headers.values("X-ONE") == ["1", "2"])
            #expect(request.headers["host"] == "example.com:80")
            #expect(request.body == Array("hi".utf8))
            #expect(request.remoteAddress == "127.0.0.1")
        }
    }

    @Test func `a header that would split the response becomes a 500`() async throws {
        try await ServerFixture.run { fixture in
            let client = try fixture.connect()
            client.send("GET /split HTTP/1.1\r\nHost: a\r\n\r\n")
            let response = try #require(client.readResponse())
            #expect(response.status == 500)
            #expect(response.header("Set-Cookie") == nil)
            #expect(response.text.contains("internal_error"))
        }
    }

    @Test func `a handler runs on the loop's thread`() async throws {
        let loop = try EventLoop.start(name: "where")
        let isOnLoop = Locked<[Bool]>([])
        let server = HTTPServer(loop: loop) { _, _, _ in
            isOnLoop.withLock { $0.append(loop.isOnLoop) }
            await Task.yield()
            isOnLoop.withLock { $0.append(loop.isOnLoop) }
            return .response(HTTPResponse(status: 204))
        }
        let client = try RawClient(port: try await server.start())
        client.send(get)
        #expect(client.readResponse()?.status == 204)
        #expect(isOnLoop.withLock { $0 } == [true, true])
        await server.drain()
        try loop.stop()
    }
}
