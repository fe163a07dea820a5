import EventLoop
import HTTPClient
import Testing

@Suite(.timeLimit(.minutes(1)))
struct CurlGuardTests {
    private static let loopback = RemoteAddress(bytes: [127, 0, 0, 1])

    @Test(arguments: ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1", "[::ffff:127.0.0.1]"])
    func `no connection is opened to an address that is refused, however it is written`(host: String) async throws {
        let server = try CurlFaultServer([.read, .send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")])
        try await CurlFixture.run { fixture in
            let error = await #expect(throws: ExchangeFailure.self) {
                try await fixture.perform("http://\(host):\(server.port)/", admits: { _ in false })
            }
            #expect(error?.mayHaveLeft == false)
            guard case .addressRefused(let address)? = error?.reason else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(address == Self.loopback || address.bytes.count == 16)
            // Had there been a connection before, this one would not be the first.
            let response = try await fixture.perform(server.url + "allowed")
            #expect(response.status == 200)
        }
        #expect(server.requests.withLock { $0.first?.hasPrefix("GET /allowed ") } == true)
    }

    @Test func `a connection that is open already is judged again before it is used`() async throws {
        try await ServerFixture.run { server in
            try await CurlFixture.run { fixture in
                _ = try await fixture.perform(server.url("/hello"), mayBeSentTwice: true)
                await fixture.failure(.addressRefused(Self.loopback), left: false) {
                    try await fixture.perform(server.url("/hello"), mayBeSentTwice: true, admits: { _ in false })
                }
            }
            #expect(server.seen.requests.withLock { $0.count } == 1)
        }
    }

    @Test func `the last word before sending is that of the caller`() async throws {
        try await ServerFixture.run { server in
            try await CurlFixture.run { fixture in
                await fixture.failure(.notPermitted, left: false) {
                    try await fixture.perform(server.url("/hello"), isPermitted: { false })
                }
            }
            #expect(server.seen.requests.withLock { $0.isEmpty })
        }
    }

    @Test func `a connection that is cut after the request has left may have been a success`() async throws {
        let server = try CurlFaultServer([.read])
        try await CurlFixture.run { fixture in
            await fixture.failure(.transferFailed, left: true) {
                try await fixture.perform(server.url, "POST", body: [1])
            }
        }
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        "HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "hello\r\n\r\n",
    ])
    func `half an answer, or none at all, is no answer`(text: String) async throws {
        let server = try CurlFaultServer([.read, .send(text)])
        try await CurlFixture.run { fixture in
            await fixture.failure(.transferFailed, left: true) {
                try await fixture.perform(server.url)
            }
        }
    }

    @Test(arguments: ["", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"])
    func `a server that goes silent is given up when the time is over`(text: String) async throws {
        let server = try CurlFaultServer([.read, .send(text), .waitForClose])
        try await CurlFixture.run { fixture in
            await fixture.failure(.timedOut, left: true) {
                try await fixture.perform(server.url, timeout: .milliseconds(100))
            }
        }
    }

    @Test func `nobody listens: nothing has left`() async throws {
        let server = try CurlFaultServer()
        try await CurlFixture.run { fixture in
            // Its listener closes at once; until then connections are accepted by the system and reset.
            var error: ExchangeFailure?
            while error?.reason != .unreachable {
                error = await #expect(throws: ExchangeFailure.self) { try await fixture.perform(server.url) }
            }
            #expect(error?.mayHaveLeft == false)
        }
    }

    @Test func `a name that does not resolve keeps nobody else waiting`() async throws {
        try await ServerFixture.run { server in
            try await CurlFixture.run { fixture in
                async let lost = fixture.perform("http://nowhere.invalid/", timeout: .seconds(2))
                let response = try await fixture.perform(server.url("/hello"))
                #expect(response.status == 200)
                do {
                    _ = try await lost
                    Issue.record("answered")
                } catch {
                    let failure = try #require(error as? ExchangeFailure)
                    #expect([.unreachable, .timedOut].contains(failure.reason))
                    #expect(!failure.mayHaveLeft)
                }
            }
        }
    }

    @Test(arguments: [
        ["HTTP/1.1 200 OK\r\n", "X-Filler: \(String(repeating: "x", count: 90))\r\n"],
        ["", "HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n"],
        [
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
            "X-Filler: \(String(repeating: "x", count: 90))\r\n",
        ],
    ])
    func `a head without end is refused`(parts: [String]) async throws {
        let server = try CurlFaultServer([.read, .send(parts[0]), .flood(parts[1], count: 10_000)])
        try await CurlFixture.run { fixture in
            await fixture.failure(.responseTooLarge(limitBytes: 4_000), left: true) {
                try await fixture.perform(server.url, maximumHeadBytes: 4_000)
            }
        }
    }

    @Test func `a header line without end is refused`() async throws {
        let server = try CurlFaultServer([
            .read, .send("HTTP/1.1 200 OK\r\nX: "), .flood(String(repeating: "x", count: 1_000), count: 1_000),
        ])
        try await CurlFixture.run { fixture in
            // libcurl's own limit: 100 KiB for a line.
            await fixture.failure(.transferFailed, left: true) { try await fixture.perform(server.url) }
        }
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nContent-Length: 4000000000\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffff\r\n",
    ])
    func `a body over the limit is refused, however its length is told`(head: String) async throws {
        let server = try CurlFaultServer(
            [.read, .send(head), .flood(String(repeating: "x", count: 10_000), count: 10_000)])
        try await CurlFixture.run { fixture in
            await fixture.failure(.responseTooLarge(limitBytes: 1_000), left: true) {
                try await fixture.perform(server.url)
            }
        }
    }

    @Test func `a body of exactly the limit is taken`() async throws {
        let server = try CurlFaultServer(
            [.read, .send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n\(String(repeating: "x", count: 1_000))")])
        try await CurlFixture.run { fixture in
            let response = try await fixture.perform(server.url)
            #expect(response.body.count == 1_000)
        }
    }

    @Test func `a redirect is handed to the caller, and cookies are not kept`() async throws {
        let answer =
            "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n"
        let server = try CurlFaultServer([.read, .send(answer), .read, .send(answer)])
        try await CurlFixture.run { fixture in
            for _ in 0..<2 {
                let response = try await fixture.perform(server.url, mayBeSentTwice: true)
                #expect(response.status == 302)
            }
        }
        let requests = server.requests.withLock { $0 }
        #expect(requests.count == 2)
        #expect(!requests.contains { $0.contains("Cookie") })
    }

    @Test(arguments: [
        "ftp://127.0.0.1/", "file:///etc/hostname", "gopher://127.0.0.1/", "http://user:word@127.0.0.1:1/", "", "/a",
    ])
    func `only absolute http and https URLs without a user are asked`(url: String) async throws {
        try await CurlFixture.run { fixture in
            let error = await #expect(throws: ExchangeFailure.self) { try await fixture.perform(url) }
            #expect(error?.mayHaveLeft == false)
            #expect(error?.reason != .unreachable)
        }
    }
}
