import EventLoop
import HTTPServer
import Testing

/// The rules without which libevent's HTTP server is not safe to use.
///
/// For each there is one raw-socket case at least; Tests/blackbox/edge_rules.py shows them on the program besides:
///
/// | rule | cases |
/// |---|---|
/// | 1 a waiting request sees its client leave | `HTTPServerPendingTests`: leaves, half-closes, pipelines a byte |
/// | 2 input is bounded while pending and in a stream | `HTTPServerPendingTests`: junk; here: junk in a stream |
/// | 3 who frees the request | `HTTPServerPendingTests`: leaves; here: leaves while the reply is sent |
/// | 4 timeouts | `HTTPServerLifecycleTests`: slow heads and bodies, pending replies; here: streams |
/// | 5 no descriptors | `HTTPServerLifecycleTests`: rests and recovers |
/// | 6 nothing is freed in callbacks | `HTTPServerStreamTests`: slow clients; here: leaves while the reply is sent |
/// | 7 headers of replies | `HTTPServerBasicTests`: a split; here: no page and no type of libevent's own |
/// | 8 conflicting lengths | `HTTPServerHostileTests`: lengths, encodings |
/// | check: names are tokens, values without control bytes | `HTTPServerHostileTests.lines`; here: a tab in a name |
/// | check: exactly one Host | `HTTPServerHostileTests.lines`: none, two, with a path, a user, a space |
/// | check: one Content-Length of 1 to 18 digits | `HTTPServerHostileTests.lengths`; here: with NUL |
/// | check: Transfer-Encoding chunked, once, without a length, not in 1.0 | `HTTPServerHostileTests.encodings` |
/// | check: no body with HEAD and TRACE | `HTTPServerHostileTests.lengths`; here: HEAD with an encoding, with chunks |
/// | check: version 1.0 or 1.1 | `HTTPServerHostileTests.requestLines`; here: of three parts |
/// | check: target | `HTTPServerHostileTests.requestLines`; here: DEL, bare words, asterisks, authorities |
/// | check: 100 headers | `HTTPServerHostileTests.lines` |
/// | guard: NUL, bare CR, bare LF, folding | `HTTPServerHostileTests.lines`; here: HEAD with a folded line |
/// | guard: begins anew for each request and connection | here: heads that end halfway |
/// | guard: deadlines of head and body | `HTTPServerLifecycleTests`: bytes keep coming |
/// | refused means closed, and nothing behind is read | every case of `HTTPServerHostileTests`, first and pipelined |
/// | 411 for chunks, the six odd chunk lines among them | `HTTPServerHostileTests.encodings` |
/// | 413 without reading on | `HTTPServerHostileTests.lengths`; here: while the client goes on sending |
@Suite(.timeLimit(.minutes(1)))
struct HTTPServerRuleTests {
    private let get = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"

    @Test func `junk sent into a stream is read and thrown away, and takes no memory`() async throws {
        try await ServerFixture.run { fixture in
            let client = try await fixture.openStreams(1)[0]
            #expect(client.readResponse()?.status == 200)
            // Many times what a watermark would let in.
            #expect(client.sendJunk(upTo: 32 * 1024 * 1024) >= 32 * 1024 * 1024)
            fixture.streams[0].send(.event(data: "x"))
            #expect(client.read(through: "data: x\n\n") != nil)
        }
    }

    @Test func `a stream outlives every timeout`() async throws {
        let adjust: (inout HTTPServerConfiguration) -> Void = {
            $0.idleTimeout = .milliseconds(20)
            $0.headDeadline = .milliseconds(20)
            $0.bodyDeadline = .milliseconds(20)
            $0.replyDeadline = .milliseconds(20)
        }
        try await ServerFixture.run(adjust) { fixture in
            let client = try await fixture.openStreams(1)[0]
            #expect(client.readResponse()?.status == 200)
            // Connections that idle meanwhile prove that the timeouts are being enforced.
            for _ in 0..<3 { #expect(try fixture.connect().readToEnd() == []) }
            fixture.streams[0].send(.event(data: "x"))
            #expect(client.read(through: "data: x\n\n") != nil)
        }
    }

    @Test func `clients that leave while their reply is sent are forgotten`() async throws {
        try await ServerFixture.run { fixture in
            for _ in 0..<20 {
                let client = try fixture.connect(receiveBuffer: 4096)
                client.send("GET /big HTTP/1.1\r\nHost: a\r\n\r\n" + get)
                #expect(client.read(count: 1024) != nil)
            }
            await fixture.until { fixture.server.statistics().connections == 0 }
            let next = try fixture.connect()
            next.send(get)
            #expect(next.readResponse()?.text == "hello")
            #expect(fixture.server.statistics().requestsInFlight == 0)
        }
    }

    @Test(arguments: [
        ("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4000000\r\n\r\n", 413),
        ("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", 411),
    ])
    func `a client that goes on sending sees why it was refused`(head: String, status: Int) async throws {
        try await ServerFixture.run { fixture in
            let client = try fixture.connect()
            client.send(head)
            client.send([UInt8](repeating: 0x61, count: 4_000_000))
            #expect(client.readResponse()?.status == status)
            #expect(client.readToEnd() == [])
            #expect(fixture.seen.requests.withLock { $0.isEmpty })
        }
    }

    @Test func `a head that ends halfway leaves nothing behind for the next connection`() async throws {
        try await ServerFixture.run { fixture in
            for half in [
                "HEAD /hello HTTP/1.1\r\nHost: a\r\n", "POST /echo HTTP/1.0\r\nContent-Length: 9\r\nTransfer-E",
            ] {
                for _ in 0..<20 { try fixture.connect().send(half) }
                await fixture.until { fixture.server.statistics().connections == 0 }
                let next = try fixture.connect()
                next.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc")
                #expect(next.readResponse()?.text == "abc")
            }
            #expect(fixture.server.statistics().refused == 0)
        }
    }

    @Test func `a reply without a type is no web page`() async throws {
        let loop = try EventLoop.start(name: "untyped")
        let server = HTTPServer(loop: loop) { _, _, _ in .response(HTTPResponse(status: 200, body: [0x78])) }
        let client = try RawClient(port: try await server.start())
        client.send(get)
        #expect(client.readResponse()?.header("Content-Type") == "application/octet-stream")
        await server.drain()
        try loop.stop()
    }

    @Test(arguments: [
        HostileCase("HEAD with an encoding", 501, "HEAD /hello HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n"),
        HostileCase("HEAD with a folded line", 400, "HEAD /hello HTTP/1.1\r\nHost: a\r\nX: 1\r\n 2\r\n\r\n"),
        HostileCase("HEAD with chunks", 411, "HEAD /hello HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"),
        HostileCase("DEL in the target", 400, "GET /hel\u{7F}lo HTTP/1.1\r\nHost: a\r\n\r\n"),
        HostileCase("OPTIONS of a bare word", 400, "OPTIONS hello HTTP/1.1\r\nHost: a\r\n\r\n"),
        HostileCase("an asterisk with POST", 400, "POST * HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"),
        HostileCase("an authority as target", 400, "OPTIONS a:80 HTTP/1.1\r\nHost: a\r\n\r\n"),
        HostileCase("a tab in a name", 400, "GET /hello HTTP/1.1\r\nHost: a\r\nX\tY: 1\r\n\r\n"),
        HostileCase("a length with NUL", 400, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\u{0}\r\n\r\nabc"),
        HostileCase("a version of three parts", 400, "GET /hello HTTP/1.1.1\r\nHost: a\r\n\r\n"),
    ])
    func `what the checks refuse besides is refused once`(hostile: HostileCase) async throws {
        try await ServerFixture.run { fixture in
            let client = try fixture.connect()
            client.send(hostile.bytes + Array(get.utf8))
            #expect(client.readResponse(hasBody: !hostile.isHead)?.status == hostile.status)
            #expect(client.readToEnd() == [])
            #expect(fixture.seen.requests.withLock { $0.isEmpty })
            #expect(fixture.server.statistics().refused == 1)
        }
    }
}
