import EventLoop
import Glibc
import HTTPServer
import Testing

@Suite(.timeLimit(.minutes(1)))
struct HTTPServerLifecycleTests {
    private let wait = "GET /wait HTTP/1.1\r\nHost: a\r\n\r\n"
    private let get = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"

    @Test func `a head that comes too slowly is cut although bytes keep coming`() async throws {
        try await ServerFixture.run({ $0.headDeadline = .milliseconds(100) }) { fixture in
            let client = try fixture.connect()
            client.send("GET /hello HTTP/1.1\r\nX: ")
            var sent = 0
            while sent < 2000, !client.isReadable(withinMilliseconds: 5) {
                client.send("x")
                sent += 1
            }
            #expect(client.readResponse()?.status == 408)
            #expect(client.readToEnd() == [])
            #expect(sent < 1000)
            #expect(fixture.server.statistics().timedOut == 1)
        }
    }

    @Test func `a body that comes too slowly is cut although bytes keep coming`() async throws {
        try await ServerFixture.run({ $0.bodyDeadline = .milliseconds(100) }) { fixture in
            let client = try fixture.connect()
            client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n")
            var sent = 0
            while sent < 2000, !client.isReadable(withinMilliseconds: 5) {
                client.send("x")
                sent += 1
            }
            #expect(client.readResponse()?.status == 408)
            #expect(fixture.seen.requests.withLock { $0.isEmpty })
        }
    }

    @Test func `an idle connection is closed, before its first request and after`() async throws {
        try await ServerFixture.run({ $0.idleTimeout = .milliseconds(60) }) { fixture in
            let fresh = try fixture.connect()
            let used = try fixture.connect()
            used.send(get)
            #expect(used.readResponse()?.text == "hello")
            #expect(fresh.readToEnd() == [])
            #expect(used.readToEnd() == [])
        }
    }

    @Test func `a pending reply outlives every timeout`() async throws {
        let adjust: (inout HTTPServerConfiguration) -> Void = {
            $0.idleTimeout = .milliseconds(20)
            $0.headDeadline = .milliseconds(20)
            $0.bodyDeadline = .milliseconds(20)
        }
        try await ServerFixture.run(adjust) { fixture in
            let client = try fixture.connect()
            client.send(wait)
            await fixture.seen.entered.wait()
            // A connection that idles meanwhile proves that the timeouts are being enforced.
            #expect(try fixture.connect().readToEnd() == [])
            #expect(try fixture.connect().readToEnd() == [])
            fixture.seen.release.open()
            #expect(client.readResponse()?.text == "waited")
        }
    }

    @Test func `a response that nobody fetches is given up`() async throws {
        try await ServerFixture.run({ $0.replyDeadline = .milliseconds(100) }) { fixture in
            let client = try fixture.connect(receiveBuffer: 4096)
            client.send("GET /big HTTP/1.1\r\nHost: a\r\n\r\n")
            await fixture.until { fixture.server.statistics().timedOut == 1 }
            #expect(fixture.server.statistics().connections == 0)
            let fetched = try #require(client.readToEnd())
            #expect(fetched.count < 8 * 1024 * 1024)
        }
    }

    @Test func `a drain refuses new connections, closes idle ones and finishes pending replies`() async throws {
        try await ServerFixture.run({ $0.drainDeadline = .seconds(20) }) { fixture in
            let idle = try fixture.connect()
            idle.send(get)
            #expect(idle.readResponse()?.text == "hello")
            let pending = try fixture.connect()
            pending.send(wait)
            await fixture.seen.entered.wait()
            let first = fixture.startDrain()
            let second = fixture.startDrain()
            #expect(idle.readToEnd() == [])
            #expect(throws: RawClient.Failure.self) { try fixture.connect() }
            fixture.seen.release.open()
            let response = try #require(pending.readResponse())
            #expect(response.text == "waited")
            #expect(response.header("Connection") == "close")
            #expect(pending.readToEnd() == [])
            await first.value
            await second.value
            #expect(fixture.server.statistics().connections == 0)
            await fixture.server.drain()
        }
    }

    @Test func `a drain gives up at its deadline, and the late reply is dropped`() async throws {
        try await ServerFixture.run { fixture in
            let client = try fixture.connect()
            client.send(wait)
            await fixture.seen.entered.wait()
            await fixture.server.drain()
            #expect(client.readToEnd() == [])
            await fixture.seen.left.wait()
            fixture.seen.release.open()
            await fixture.seen.answered.wait()
            await fixture.roundTrip()
            #expect(fixture.server.statistics().requestsInFlight == 0)
        }
    }

    @Test func `a loop that is stopped under a running server closes its connections`() async throws {
        let loop = try EventLoop.start(name: "stopped")
        let server = HTTPServer(loop: loop) { _, _, _ in .response(HTTPResponse(status: 204)) }
        let client = try RawClient(port: try await server.start())
        client.send(get)
        #expect(client.readResponse()?.status == 204)
        try loop.stop()
        #expect(client.readToEnd() == [])
        #expect(server.statistics().connections == 0)
    }

    @Test func `a server can be started once`() async throws {
        try await ServerFixture.run { fixture in
            await #expect(throws: HTTPServerError.notStartable) { try await fixture.server.start() }
        }
    }

    @Test func `an address in use and a bad address are told apart`() async throws {
        try await ServerFixture.run { fixture in
            func start(_ address: String) async throws -> UInt16 {
                var configuration = HTTPServerConfiguration()
                configuration.address = address
                configuration.port = fixture.port
                return try await HTTPServer(loop: fixture.loop, configuration: configuration) { _, _, _ in
                    .response(HTTPResponse(status: 204))
                }.start()
            }
            await #expect(
                throws: HTTPServerError.cannotListen(
                    call: "bind", address: "127.0.0.1", port: fixture.port, reason: "Address already in use")
            ) { try await start("127.0.0.1") }
            await #expect(throws: HTTPServerError.invalidAddress("localhost")) { try await start("localhost") }
            await #expect(throws: HTTPServerError.invalidAddress("[::1]")) { try await start("[::1]") }
        }
    }

    @Test func `an IPv6 literal can be listened on`() async throws {
        let loop = try EventLoop.start(name: "six")
        var configuration = HTTPServerConfiguration()
        configuration.address = "::1"
        let server = HTTPServer(loop: loop, configuration: configuration) { _, _, _ in
            .response(HTTPResponse(status: 204))
        }
        do {
            #expect(try await server.start() > 0)
        } catch HTTPServerError.cannotListen(_, _, _, let reason) {
            // A machine without IPv6 says so in words.
            #expect(!reason.isEmpty)
        }
        await server.drain()
        try loop.stop()
    }

    @Test func `without free descriptors the server rests, serves whom it has, and recovers`() async throws {
        await #expect(processExitsWith: .success) {
            let loop = try EventLoop.start(name: "full")
            let server = HTTPServer(loop: loop) { _, _, _ in .response(HTTPResponse(status: 204)) }
            let port = try await server.start()
            let old = try RawClient(port: port)
            let request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
            old.send(request)
            try #require(old.readResponse()?.status == 204)

            let late = try RawClient()
            var limit = rlimit()
            getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            let ordinary = limit.rlim_cur
            limit.rlim_cur = UInt(late.descriptor) + 1
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            try late.connect(port: port)
            late.send(request)
            let rounds = Locked(0)
            loop.execute {
                _ = loop.addRoundHook {
                    rounds.withLock { $0 += 1 }
                    return false
                }
            }
            try #require(!late.isReadable(withinMilliseconds: 700))
            old.send(request)
            try #require(old.readResponse()?.status == 204)
            // A loop that spins would have gone round many thousand times.
            try #require(rounds.withLock { $0 } < 100)

            limit.rlim_cur = ordinary
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            try #require(late.readResponse()?.status == 204)
        }
    }
}
