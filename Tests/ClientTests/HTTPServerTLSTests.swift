import EventLoop
import Glibc
import HTTPServer
import Testing

/// What every server over TLS must do; the clients are `openssl s_client` and curl.
@Suite(.timeLimit(.minutes(2)))
struct HTTPServerTLSTests {
    private let get = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"
    private let wait = "GET /wait HTTP/1.1\r\nHost: a\r\n\r\n"

    /// Runs `body` against a server with a certificate of its own.
    private func run(
        _ adjust: (inout HTTPServerConfiguration) -> Void = { _ in },
        _ body: (ServerFixture, CertificateFolder) async throws -> Void
    ) async throws {
        let folder = try CertificateFolder()
        try folder.make(name: "first")
        var files = folder.files
        let credentials = try files.load()
        try await ServerFixture.run({
            $0.tls = credentials
            adjust(&$0)
        }) { fixture in try await body(fixture, folder) }
    }

    @Test func `every hostile request is refused over TLS as it is without`() async throws {
        let cases =
            HTTPServerHostileTests.lengths + HTTPServerHostileTests.encodings + HTTPServerHostileTests.lines
            + HTTPServerHostileTests.requestLines
        try await run { fixture, _ in
            for hostile in cases {
                let client = try fixture.connect()
                client.send(hostile.bytes + "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
                let response = try #require(client.readResponse(hasBody: hostile.name != "HEAD with a body"))
                #expect(response.status == hostile.status, "\(hostile.name)")
                #expect(response.header("Connection") == "close", "\(hostile.name)")
                #expect(client.readToEnd() == [], "\(hostile.name)")
            }
            #expect(fixture.seen.requests.withLock { $0.isEmpty })
            #expect(fixture.server.statistics().refused == cases.count)
            #expect(fixture.server.statistics().handshakesFailed == 0)
        }
    }

    @Test func `TLS 1.2 and 1.3 are spoken and nothing older`() async throws {
        try await run { fixture, folder in
            let verified = ["-CAfile", "\(folder.path)/certificate.pem", "-verify_return_error"]
            for version in ["-tls1_2", "-tls1_3"] {
                let client = try RawClient.secure(port: fixture.port, [version] + verified)
                client.send(get + get)
                #expect(client.readResponse()?.text == "hello")
                #expect(client.readResponse()?.text == "hello")
            }
            for version in ["-tls1", "-tls1_1"] {
                let client = try RawClient.secure(port: fixture.port, [version, "-cipher", "ALL:@SECLEVEL=0"])
                client.send(get)
                #expect(client.readToEnd() == [])
            }
            // No forward secrecy.
            let weak = try RawClient.secure(port: fixture.port, ["-tls1_2", "-cipher", "AES128-GCM-SHA256"])
            weak.send(get)
            #expect(weak.readToEnd() == [])
            #expect(fixture.server.statistics().requests == 4)
        }
    }

    @Test func `curl trusts the certificate, and the protocol agreed on is HTTP 1.1`() async throws {
        try await run { fixture, folder in
            let url = "https://127.0.0.1:\(fixture.port)"
            let trusting = ["curl", "-s", "--cacert", "\(folder.path)/certificate.pem", "--max-time", "20"]
            #expect(ChildProcess.run(trusting + ["\(url)/hello"]) == (0, "hello"))
            let version = ChildProcess.run(
                trusting + ["--http2", "-o", "/dev/null", "-w", "%{http_version}", "\(url)/hello"])
            #expect(version == (0, "1.1"))
            // Exit status 60: the peer's certificate cannot be authenticated.
            #expect(ChildProcess.run(["curl", "-s", "\(url)/hello"]).status == 60)
            let stranger = try RawClient.secure(port: fixture.port, ["-alpn", "h2"])
            stranger.send(get)
            #expect(stranger.readToEnd() == [])
        }
    }

    @Test func `plain HTTP on the same port is answered 400 and closed`() async throws {
        try await run { fixture, _ in
            for _ in 0..<20 {
                let client = try RawClient(port: fixture.port)
                client.send(get)
                let response = try #require(client.readResponse())
                #expect(response.status == 400)
                #expect(response.text.contains("tls_required"))
                #expect(response.header("Connection") == "close")
                #expect(client.readToEnd() == [])
            }
            let junk = try RawClient(port: fixture.port)
            junk.send("nonsense that is neither\r\n\r\n")
            #expect(junk.readToEnd() != nil)
            #expect(fixture.seen.requests.withLock { $0.isEmpty })
            #expect(fixture.server.statistics().refused == 20)
            #expect(fixture.server.statistics().handshakesFailed == 21)
        }
    }

    @Test func `a handshake that never comes, or comes too slowly, is cut`() async throws {
        try await run({ $0.handshakeDeadline = .milliseconds(150) }) { fixture, _ in
            let silent = try RawClient(port: fixture.port)
            let slow = try RawClient(port: fixture.port)
            // The beginning of a ClientHello, byte by byte.
            slow.send([0x16, 0x03, 0x01, 0x02, 0x00, 0x01])
            var sent = 0
            while sent < 2000, !slow.isReadable(withinMilliseconds: 5) {
                slow.send([0])
                sent += 1
            }
            #expect(slow.readToEnd() != nil)
            #expect(silent.readToEnd() == [])
            #expect(sent < 1000)
            #expect(fixture.server.statistics().timedOut == 2)
            #expect(fixture.server.statistics().handshakesFailed == 2)
        }
    }

    @Test func `a handshake that is done outlives the deadline, and then counts as idle`() async throws {
        let adjust: (inout HTTPServerConfiguration) -> Void = {
            $0.handshakeDeadline = .milliseconds(300)
            $0.idleTimeout = .milliseconds(900)
        }
        try await run(adjust) { fixture, _ in
            let (client, _) = try self.talkative(fixture)
            #expect(client.read(through: "Verify return code") != nil)
            await fixture.until { fixture.server.statistics().timedOut == 1 }
            // It says goodbye: a client would take a bare end for an attack.
            #expect(client.read(through: "closed") != nil)
            #expect(fixture.server.statistics().handshakesFailed == 0)
        }
    }

    @Test func `above the largest number of handshakes the oldest is given up, not one that is done`() async throws {
        try await run({ $0.maximumHandshakes = 2 }) { fixture, _ in
            let (done, _) = try self.talkative(fixture)
            #expect(done.read(through: "Verify return code") != nil)
            let silent = try (0..<5).map { _ in
                let client = try RawClient(port: fixture.port)
                return client
            }
            for client in silent[..<3] { #expect(client.readToEnd() == []) }
            #expect(!silent[3].isReadable(withinMilliseconds: 0))
            #expect(!silent[4].isReadable(withinMilliseconds: 0))
            let good = try fixture.connect()
            good.send(get)
            #expect(good.readResponse()?.text == "hello")
            done.send(get)
            #expect(done.read(through: "hello") != nil)
            #expect(fixture.server.statistics().handshakesFailed == 4)
        }
    }

    /// A client that tells on its output how the handshake went.
    private func talkative(_ fixture: ServerFixture) throws -> (RawClient, ChildProcess) {
        let (client, child) = try RawClient.throughChild(
            ["openssl", "s_client", "-connect", "127.0.0.1:\(fixture.port)", "-nocommands", "-ign_eof"])
        client.relay = child
        return (client, child)
    }

    @Test func `a client that leaves while its reply is pending is seen at once`() async throws {
        try await run { fixture, _ in
            do {
                let client = try fixture.connect()
                client.send(wait)
                await fixture.seen.entered.wait()
            }
            await fixture.seen.left.wait()
            #expect(fixture.server.statistics().leftWhilePending == 1)
            fixture.seen.release.open()
            await fixture.seen.answered.wait()
            let next = try fixture.connect()
            next.send(get)
            #expect(next.readResponse()?.text == "hello")
        }
    }

    /// For some of these the watermark is in the middle of the last record: libevent alone would wait for ever.
    @Test(arguments: [
        (1, 20), (40_000, 20), (66_000, 20), (70_000, 5_000), (70_000, 8_000), (70_000, 15_000), (90_000, 20),
        (300_000, 20),
    ])
    func `what is pipelined while a reply is pending is answered afterwards, whole`(size: Int, first: Int) async throws
    {
        try await run { fixture, _ in
            let client = try fixture.connect()
            client.send(wait)
            await fixture.seen.entered.wait()
            let body = [UInt8](repeating: 0x61, count: size)
            // A short record first, so that the watermark is not at the end of one.
            let all = Array("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: \(size)\r\n\r\n".utf8) + body
            client.send(all[..<first])
            _ = client.isReadable(withinMilliseconds: 50)
            client.send(all[first...])
            // Time for the bytes to come through the other process and to fill the buffers.
            _ = client.isReadable(withinMilliseconds: 200)
            fixture.seen.release.open()
            #expect(client.readResponse()?.text == "waited")
            #expect(client.readResponse()?.body == body)
        }
    }

    @Test func `junk sent while a reply is pending is left in the kernel`() async throws {
        try await run { fixture, _ in
            let client = try fixture.connect()
            client.send(wait)
            await fixture.seen.entered.wait()
            await fixture.roundTrip()
            let taken = client.sendJunk(upTo: 64 * 1024 * 1024)
            #expect(taken < 32 * 1024 * 1024)
            fixture.seen.release.open()
            #expect(client.readResponse()?.text == "waited")
        }
    }

    @Test func `heads and bodies have their deadlines, idle connections theirs`() async throws {
        let adjust: (inout HTTPServerConfiguration) -> Void = {
            $0.headDeadline = .milliseconds(100)
            $0.bodyDeadline = .milliseconds(100)
            $0.idleTimeout = .milliseconds(500)
        }
        try await run(adjust) { fixture, _ in
            let used = try fixture.connect()
            used.send(get)
            #expect(used.readResponse()?.text == "hello")
            for start in ["GET /hello HT", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc"] {
                let client = try fixture.connect()
                client.send(start)
                #expect(client.readResponse()?.status == 408)
                #expect(client.readToEnd() == [])
            }
            #expect(used.readToEnd() == [])
        }
    }

    @Test func `large bodies go both ways`() async throws {
        try await run { fixture, _ in
            let client = try fixture.connect()
            let body = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.count)\r\n\r\n".utf8 + body)
            #expect(client.readResponse()?.body == body)
            client.send("GET /big HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(client.readResponse()?.body.count == 8 * 1024 * 1024)
        }
    }

    @Test func `streams carry small frames and large ones in order, and end properly`() async throws {
        try await run { fixture, _ in
            let clients = try await fixture.openStreams(4)
            var expected = ""
            for number in 0..<12 {
                let payload = String(repeating: "\(number % 10)", count: number == 6 ? 300_000 : number * 400) + "\n\n"
                expected += String(payload.utf8.count, radix: 16) + "\r\n" + payload + "\r\n"
                fixture.server.send(SharedBytes(payload.utf8), to: fixture.streams)
                await fixture.roundTrip()
                for client in clients {
                    if number == 0 { #expect(client.readResponse()?.status == 200) }
                    #expect(client.read(count: expected.utf8.count) == Array(expected.utf8))
                }
                expected = ""
            }
            for stream in fixture.streams { stream.close() }
            for client in clients { #expect(client.readToEnd() == Array("0\r\n\r\n".utf8)) }
            #expect(fixture.server.statistics().cutAsSlow == 0)
        }
    }

    @Test func `a stream whose client does not read is cut`() async throws {
        try await run({ $0.maximumStreamOutputBytes = 32_768 }) { fixture, _ in
            let slow = try await fixture.openStreams(1)[0]
            let frame = SharedBytes([UInt8](repeating: 0x78, count: 16_384))
            while fixture.server.statistics().cutAsSlow == 0 {
                fixture.server.send(frame, to: fixture.streams)
                await fixture.roundTrip()
            }
            await fixture.seen.streamsClosed.wait(for: 1)
            // What was cut must not look complete.
            #expect(slow.readToEnd()?.suffix(5) != Array("0\r\n\r\n".utf8)[...])
        }
    }

    @Test func `a drain ends idle connections, streams and pending replies over TLS`() async throws {
        try await run({ $0.drainDeadline = .seconds(20) }) { fixture, _ in
            let idle = try fixture.connect()
            idle.send(get)
            #expect(idle.readResponse()?.text == "hello")
            let stream = try await fixture.openStreams(1)[0]
            #expect(stream.readResponse()?.status == 200)
            let pending = try fixture.connect()
            pending.send(wait)
            await fixture.seen.entered.wait()
            let drain = fixture.startDrain()
            #expect(idle.readToEnd() == [])
            #expect(stream.readToEnd() == Array("0\r\n\r\n".utf8))
            fixture.seen.release.open()
            #expect(pending.readResponse()?.header("Connection") == "close")
            #expect(pending.readToEnd() == [])
            await drain.value
            #expect(fixture.server.statistics().connections == 0)
        }
    }
}
