import EventLoop
import HTTPServer
import Testing

@Suite(.timeLimit(.minutes(1)))
struct HTTPServerStreamTests {
    private func chunk(_ payload: String) -> String {
        String(payload.utf8.count, radix: 16) + "\r\n" + payload + "\r\n"
    }

    @Test func `a stream has the head of a stream, and frames are chunks`() async throws {
        try await ServerFixture.run { fixture in
            let client = try await fixture.openStreams(1)[0]
            let head = try #require(client.readResponse())
            #expect(head.status == 200)
            #expect(head.header("Content-Type") == "text/event-stream")
            #expect(head.header("Cache-Control") == "no-cache")
            #expect(head.header("Transfer-Encoding") == "chunked")
            #expect(head.header("X-Kind") == "test")
            #expect(head.header("Date")?.hasSuffix("GMT") == true)
            fixture.streams[0].send(.event(id: "7", name: "hi\nthere", data: "one\r\ntwo\n"))
            let expected = chunk("id: 7\nevent: hithere\ndata: one\ndata: two\ndata: \n\n")
            #expect(client.read(count: expected.utf8.count) == Array(expected.utf8))
        }
    }

    @Test func `frames reach two hundred streams alike and in order`() async throws {
        try await ServerFixture.run { fixture in
            let clients = try await fixture.openStreams(200)
            let streams = fixture.streams
            var expected = ""
            for number in 0..<10 {
                // Small frames are copied, large ones shared.
                let payload = String(repeating: "\(number)", count: number == 5 ? 9000 : 100) + "\n\n"
                expected += chunk(payload)
                fixture.server.send(SharedBytes(payload.utf8), to: streams)
            }
            for stream in streams { stream.send(SharedBytes("last\n\n".utf8)) }
            expected += chunk("last\n\n")
            let bytes = Array(expected.utf8)
            for client in clients {
                #expect(client.readResponse()?.status == 200)
                #expect(client.read(count: bytes.count) == bytes)
            }
            #expect(fixture.server.statistics().streams == 200)
        }
    }

    @Test func `a request is answered in the middle of a long fan-out`() async throws {
        try await ServerFixture.run({ $0.fanOutSlice = 4 }) { fixture in
            let clients = try await fixture.openStreams(20)
            let request = try fixture.connect()
            let descriptor = request.descriptor
            let wasAnswered = Locked(false)
            let ended = Latch()
            let streams = fixture.streams
            streams[19].onClose {
                wasAnswered.withLock { $0 = fixture.seen.requests.withLock { $0.last?.path == "/hello" } }
                ended.open()
            }
            fixture.loop.execute {
                // The request is in the kernel before the first slice is sent.
                RawClient.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n", to: descriptor)
                for _ in 0..<20 { fixture.server.send(.event(data: "x"), to: streams) }
                streams[19].close()
            }
            await ended.wait()
            #expect(wasAnswered.withLock { $0 })
            withExtendedLifetime(clients) {}
        }
    }

    @Test func `a slow client is cut while another goes on`() async throws {
        let adjust: (inout HTTPServerConfiguration) -> Void = {
            $0.streamSendBufferBytes = 8192
            $0.maximumStreamOutputBytes = 32_768
        }
        try await ServerFixture.run(adjust) { fixture in
            let slow = try await fixture.openStreams(1, receiveBuffer: 4096)[0]
            let fast = try await fixture.openStreams(1)[0]
            #expect(fast.readResponse()?.status == 200)
            let frame = SharedBytes(String(repeating: "z", count: 4096).utf8)
            var count = 0
            while fixture.server.statistics().cutAsSlow == 0, count < 1000 {
                fixture.server.send(frame, to: fixture.streams)
                #expect(fast.read(count: 4096 + 8)?.count == 4104)
                count += 1
            }
            #expect(count < 100)
            await fixture.seen.streamsClosed.wait(for: 1)
            #expect(fixture.seen.closes.withLock { $0 } == [fixture.streams[0].id: 1])
            #expect(!fixture.streams[0].isOpen)
            fixture.server.send(frame, to: fixture.streams)
            #expect(fast.read(count: 4104)?.count == 4104)
            #expect(slow.readToEnd() != nil)
            #expect(fixture.server.statistics().streams == 1)
        }
    }

    @Test func `more queued frames than allowed cut the streams that they are for`() async throws {
        try await ServerFixture.run({ $0.maximumQueuedFrames = 10 }) { fixture in
            let clients = try await fixture.openStreams(2)
            let streams = fixture.streams
            fixture.loop.execute {
                for _ in 0..<5 { fixture.server.send(.event(data: "x"), to: streams) }
                streams[1].send(.event(data: "too many"))
            }
            await fixture.seen.streamsClosed.wait(for: 1)
            #expect(fixture.seen.closes.withLock { $0 } == [streams[1].id: 1])
            #expect(fixture.server.statistics().cutAsSlow == 1)
            #expect(clients[0].read(through: "data: x\n\n") != nil)
        }
    }

    @Test func `more queued bytes than allowed cut the stream as well`() async throws {
        try await ServerFixture.run({ $0.maximumQueuedBytes = 10_000 }) { fixture in
            let clients = try await fixture.openStreams(2)
            let streams = fixture.streams
            let frame = SharedBytes(String(repeating: "x", count: 5000).utf8)
            fixture.loop.execute {
                for _ in 0..<2 { fixture.server.send(frame, to: streams) }
                streams[1].send(frame)
            }
            await fixture.seen.streamsClosed.wait(for: 1)
            #expect(fixture.server.statistics().cutAsSlow == 1)
            withExtendedLifetime(clients) {}
        }
    }

    @Test func `once the server has stopped nobody waits for a stream`() async throws {
        let streams = Locked<[HTTPEventStream]>([])
        try await ServerFixture.run { fixture in
            _ = try await fixture.openStreams(1)
            streams.withLock { $0 = fixture.streams }
            await fixture.server.drain()
            let stream = streams.withLock { $0[0] }
            stream.send(.event(data: "x"))
            stream.close()
            #expect(await stream.drained() == false)
        }
    }

    @Test func `silence is broken by a heartbeat`() async throws {
        try await ServerFixture.run({ $0.heartbeat = .milliseconds(40) }) { fixture in
            let clients = try await fixture.openStreams(3)
            for client in clients {
                #expect(client.readResponse()?.status == 200)
                for _ in 0..<2 { #expect(client.read(count: 11) == Array("6\r\n: hb\n\n\r\n".utf8)) }
            }
        }
    }

    @Test func `a closed stream is a complete response, and says so once`() async throws {
        try await ServerFixture.run { fixture in
            let client = try await fixture.openStreams(1)[0]
            let stream = fixture.streams[0]
            stream.send(.event(data: "x"))
            stream.close()
            stream.close()
            stream.send(.event(data: "too late"))
            #expect(client.readResponse()?.status == 200)
            #expect(client.readToEnd() == Array((chunk("data: x\n\n") + "0\r\n\r\n").utf8))
            await fixture.seen.streamsClosed.wait(for: 1)
            #expect(await stream.drained() == false)
            let again = Latch()
            stream.onClose { again.open() }
            await again.wait()
            await fixture.until { fixture.server.statistics().connections == 0 }
            #expect(fixture.seen.closes.withLock { $0 } == [stream.id: 1])
        }
    }

    @Test func `a client that leaves its stream is noticed once`() async throws {
        try await ServerFixture.run { fixture in
            _ = try await fixture.openStreams(1)
            await fixture.seen.streamsClosed.wait(for: 1)
            fixture.streams[0].send(.event(data: "nobody"))
            fixture.streams[0].close()
            await fixture.roundTrip()
            #expect(fixture.seen.closes.withLock { $0 } == [fixture.streams[0].id: 1])
            #expect(fixture.server.statistics().streams == 0)
        }
    }

    @Test func `a drain ends streams after what was sent to them, with the terminating chunk`() async throws {
        try await ServerFixture.run({ $0.drainDeadline = .seconds(5) }) { fixture in
            let clients = try await fixture.openStreams(5)
            fixture.server.send(.event(data: "bye"), to: fixture.streams)
            let drained = fixture.startDrain()
            for client in clients {
                #expect(client.readResponse()?.status == 200)
                #expect(client.readToEnd() == Array((chunk("data: bye\n\n") + "0\r\n\r\n").utf8))
                client.finishSending()
            }
            await drained.value
            await fixture.seen.streamsClosed.wait(for: 5)
            #expect(fixture.seen.closes.withLock { $0.values.allSatisfy { $0 == 1 } })
            #expect(fixture.server.statistics().connections == 0)
        }
    }

    @Test func `a client of HTTP 1.0 gets bare events and a close`() async throws {
        try await ServerFixture.run { fixture in
            let client = try fixture.connect()
            client.send("GET /stream HTTP/1.0\r\n\r\n")
            await fixture.seen.streamsOpen.wait(for: 1)
            fixture.streams[0].send(.event(data: "x"))
            fixture.streams[0].close()
            #expect(client.readResponse()?.header("Transfer-Encoding") == nil)
            #expect(client.readToEnd() == Array("data: x\n\n".utf8))
        }
    }

    @Test func `HEAD of a stream is answered by its head alone`() async throws {
        try await ServerFixture.run { fixture in
            let client = try fixture.connect()
            client.send("HEAD /stream HTTP/1.1\r\nHost: a\r\n\r\nGET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(client.readResponse(hasBody: false)?.header("Content-Type") == "text/event-stream")
            #expect(client.readResponse()?.text == "hello")
            #expect(fixture.streams.isEmpty)
        }
    }

    @Test func `a reader that catches up waits for its client`() async throws {
        let adjust: (inout HTTPServerConfiguration) -> Void = {
            $0.streamSendBufferBytes = 8192
            $0.maximumStreamOutputBytes = 65_536
        }
        try await ServerFixture.run(adjust) { fixture in
            let client = try await fixture.openStreams(1, receiveBuffer: 4096)[0]
            let frame = SharedBytes(String(repeating: "y", count: 30_000).utf8)
            let result = Locked<[Bool]>([])
            let done = Latch()
            fixture.streams[0].perform { stream, _ in
                // 1.5 MB through a cap of 64 KiB: without waiting the client would be cut.
                for _ in 0..<50 {
                    stream.send(frame)
                    let isOpen = await stream.drained()
                    result.withLock { $0.append(isOpen) }
                }
                done.open()
            }
            #expect(client.readResponse()?.status == 200)
            #expect(client.read(count: 50 * (30_000 + 8))?.count == 1_500_400)
            await done.wait()
            #expect(result.withLock { $0 } == Array(repeating: true, count: 50))
        }
    }

    @Test func `what a stream's client sends is thrown away`() async throws {
        try await ServerFixture.run { fixture in
            let client = try await fixture.openStreams(1)[0]
            #expect(client.send([UInt8](repeating: 0x6A, count: 4 * 1024 * 1024)))
            fixture.streams[0].send(.event(data: "x"))
            #expect(client.read(through: "data: x\n\n") != nil)
            #expect(fixture.seen.requests.withLock { $0.count } == 1)
        }
    }
}
