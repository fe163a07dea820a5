import EventLoop
import HTTPServer
import Testing

@Suite(.timeLimit(.minutes(1)))
struct HTTPServerPendingTests {
    private let wait = "GET /wait HTTP/1.1\r\nHost: a\r\n\r\n"
    private let get = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"

    @Test func `a client that leaves while its reply is pending is seen at once`() async throws {
        try await ServerFixture.run { fixture in
            do {
                let client = try fixture.connect()
                client.send(wait)
                await fixture.seen.entered.wait()
            }
            await fixture.seen.left.wait()
            #expect(fixture.server.statistics().leftWhilePending == 1)
            // The late reply is dropped, and the server lives.
            fixture.seen.release.open()
            await fixture.seen.answered.wait()
            let next = try fixture.connect()
            next.send(get)
            #expect(next.readResponse()?.text == "hello")
        }
    }

    @Test func `a half-close while a reply is pending counts as leaving`() async throws {
        try await ServerFixture.run { fixture in
            let client = try fixture.connect()
            client.send(wait)
            await fixture.seen.entered.wait()
            client.finishSending()
            await fixture.seen.left.wait()
            #expect(client.readToEnd() == [])
        }
    }

    @Test func `a half-close before the request is complete ends the connection`() async throws {
        try await ServerFixture.run { fixture in
            let client = try fixture.connect()
            client.send("GET /hello HTTP/1.1\r\nHost")
            client.finishSending()
            #expect(client.readToEnd() == [])
        }
    }

    @Test func `a byte pipelined while a reply is pending does not end the process`() async throws {
        try await ServerFixture.run { fixture in
            let client = try fixture.connect()
            client.send(wait)
            await fixture.seen.entered.wait()
            client.send("G")
            // Another connection's answer proves that the loop has had a round since.
            let other = try fixture.connect()
            other.send(get)
            #expect(other.readResponse()?.text == "hello")
            fixture.seen.release.open()
            #expect(client.readResponse()?.text == "waited")
            client.send(String(get.dropFirst()))
            #expect(client.readResponse()?.text == "hello")
        }
    }

    @Test func `requests pipelined while a reply is pending are answered afterwards`() async throws {
        try await ServerFixture.run { fixture in
            let client = try fixture.connect()
            client.send(wait)
            await fixture.seen.entered.wait()
            client.send(get + get)
            fixture.seen.release.open()
            #expect(client.readResponse()?.text == "waited")
            #expect(client.readResponse()?.text == "hello")
            #expect(client.readResponse()?.text == "hello")
        }
    }

    @Test func `junk sent while a reply is pending is left in the kernel`() async throws {
        try await ServerFixture.run { fixture in
            let client = try fixture.connect()
            client.send(wait)
            await fixture.seen.entered.wait()
            await fixture.roundTrip()
            // What 64 KiB in the process and the kernel's buffers cannot hold stays unsent.
            let taken = client.sendJunk(upTo: 64 * 1024 * 1024)
            #expect(taken < 32 * 1024 * 1024)
            fixture.seen.release.open()
            #expect(client.readResponse()?.text == "waited")
            #expect(client.readResponse()?.status == 414)
        }
    }

    @Test func `a body larger than the watermark arrives after a reply that was pending`() async throws {
        try await ServerFixture.run { fixture in
            let client = try fixture.connect()
            client.send(wait)
            await fixture.seen.entered.wait()
            await fixture.roundTrip()
            fixture.seen.release.open()
            #expect(client.readResponse()?.text == "waited")
            let body = [UInt8](repeating: 0x61, count: 300_000)
            client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.count)\r\n\r\n".utf8 + body)
            #expect(client.readResponse()?.body == body)
        }
    }

    @Test func `above the largest number of requests in flight the answer is 503 with Retry-After`() async throws {
        try await ServerFixture.run({ $0.maximumRequestsInFlight = 1 }) { fixture in
            let first = try fixture.connect()
            first.send(wait)
            await fixture.seen.entered.wait()
            let second = try fixture.connect()
            second.send(get)
            let refusal = try #require(second.readResponse())
            #expect(refusal.status == 503)
            #expect(refusal.header("Retry-After") == "1")
            #expect(refusal.text.contains("overloaded"))
            #expect(fixture.server.statistics().requestsInFlight == 1)
            fixture.seen.release.open()
            #expect(first.readResponse()?.text == "waited")
            second.send(get)
            #expect(second.readResponse()?.text == "hello")
        }
    }

    @Test func `bodies above the budget of all together get 503, and others may go on`() async throws {
        try await ServerFixture.run({ $0.maximumBodyBytesInFlight = 1000 }) { fixture in
            func head(_ length: Int) -> String {
                "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: \(length)\r\n\r\n"
            }
            let first = try fixture.connect()
            first.send(head(800))
            await fixture.roundTrip()
            // Whether the head has been read is seen by what others are told.
            await fixture.until {
                guard let probe = try? fixture.connect() else { return false }
                probe.send(head(300))
                return probe.isReadable(withinMilliseconds: 50) && probe.readResponse()?.status == 503
            }
            let small = try fixture.connect()
            small.send(head(100))
            small.send([UInt8](repeating: 0x61, count: 100))
            #expect(small.readResponse()?.status == 200)
            first.send([UInt8](repeating: 0x61, count: 800))
            #expect(first.readResponse()?.status == 200)
            small.send(head(1000))
            small.send([UInt8](repeating: 0x61, count: 1000))
            #expect(small.readResponse()?.status == 200)
        }
    }

    @Test func `above the largest number of connections a client waits until another leaves`() async throws {
        try await ServerFixture.run({ $0.maximumConnections = 1 }) { fixture in
            var first: RawClient? = try fixture.connect()
            first?.send(get)
            #expect(first?.readResponse()?.text == "hello")
            let second = try fixture.connect()
            second.send(get)
            await fixture.roundTrip()
            #expect(fixture.server.statistics().connections == 1)
            #expect(fixture.server.statistics().requests == 1)
            first = nil
            #expect(second.readResponse()?.text == "hello")
        }
    }
}
