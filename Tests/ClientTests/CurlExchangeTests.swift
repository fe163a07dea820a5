import EventLoop
import Foundation
import HTTPClient
import Testing

@Suite(.timeLimit(.minutes(1)))
struct CurlExchangeTests {
    @Test func `a request goes out as it was given and the response comes back whole`() async throws {
        let server = try CurlFaultServer([
            .read, .send("HTTP/1.1 409 Conflict\r\nX-A: b\r\nContent-Length: 2\r\n\r\nno"),
        ])
        try await CurlFixture.run { fixture in
            let response = try await fixture.perform(server.url + "../%7Ea?b", "PATCH", body: Array("{}".utf8))
            #expect(response.status == 409)
            #expect(response.header("x-a") == "b")
            #expect(response.body == Array("no".utf8))
        }
        let lines = server.requests.withLock { $0 }[0].components(separatedBy: "\r\n")
        #expect(lines.first == "PATCH /../%7Ea?b HTTP/1.1")
        #expect(lines.last == "{}")
        #expect(lines.filter { $0.hasPrefix("Cookie") || $0.hasPrefix("Authorization") }.isEmpty)
    }

    @Test func `many requests are under way at once, on one thread`() async throws {
        try await ServerFixture.run { server in
            try await CurlFixture.run { fixture in
                try await withThrowingTaskGroup(of: Int.self) { group in
                    for _ in 0..<40 {
                        group.addTask { try await fixture.perform(server.url("/wait")).status }
                    }
                    await server.until { server.seen.requests.withLock { $0.count } == 40 }
                    server.seen.release.open()
                    for try await status in group { #expect(status == 200) }
                }
            }
        }
    }

    @Test func `as many requests run and wait as may, and the next is refused`() async throws {
        try await ServerFixture.run { server in
            try await CurlFixture.run({
                $0.maximumRunning = 2
                $0.maximumWaiting = 3
            }) { fixture in
                let outcomes = await withTaskGroup(of: ExchangeFailure?.self, returning: [ExchangeFailure?].self) {
                    group in
                    for _ in 0..<6 {
                        group.addTask {
                            do {
                                _ = try await fixture.perform(server.url("/wait"))
                                return nil
                            } catch {
                                return error as? ExchangeFailure
                            }
                        }
                    }
                    // The refused one comes first: all others wait for the server, or for those that do.
                    let first = await group.next() ?? nil
                    server.seen.release.open()
                    return await group.reduce(into: [first]) { $0.append($1) }
                }
                #expect(outcomes.first == ExchangeFailure(reason: .overloaded, mayHaveLeft: false))
                #expect(outcomes.dropFirst().allSatisfy { $0 == nil })
                #expect(outcomes.count == 6)
            }
        }
    }

    @Test func `waiting for a turn counts for the time limit`() async throws {
        try await ServerFixture.run { server in
            try await CurlFixture.run({ $0.maximumRunning = 1 }) { fixture in
                async let first = fixture.perform(server.url("/wait"))
                await server.seen.entered.wait()
                await fixture.failure(.timedOut, left: false) {
                    try await fixture.perform(server.url("/hello"), timeout: .milliseconds(50))
                }
                server.seen.release.open()
                let firstResponse = try await first
                #expect(firstResponse.status == 200)
                let response = try await fixture.perform(server.url("/hello"))
                #expect(response.status == 200)
            }
        }
    }

    @Test func `a cancelled request is given up, and the server sees it leave`() async throws {
        try await ServerFixture.run { server in
            try await CurlFixture.run { fixture in
                let task = Task { try await fixture.perform(server.url("/wait")) }
                await server.seen.entered.wait()
                task.cancel()
                let result = await task.result
                #expect(throws: ExchangeFailure(reason: .cancelled, mayHaveLeft: true)) { try result.get() }
                await server.seen.left.wait()
            }
        }
    }

    @Test func `a request of a cancelled task does not begin`() async throws {
        try await CurlFixture.run { fixture in
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return try await fixture.perform("http://127.0.0.1:1/", admits: { _ in false })
            }
            let error = await #expect(throws: ExchangeFailure.self) { try await task.value }
            #expect(error?.mayHaveLeft == false)
        }
    }

    @Test func `stopping ends what is under way and refuses the rest`() async throws {
        try await ServerFixture.run { server in
            try await CurlFixture.run { fixture in
                let task = Task { try await fixture.perform(server.url("/wait")) }
                await server.seen.entered.wait()
                await fixture.client.stop()
                let result = await task.result
                #expect(throws: ExchangeFailure(reason: .stopped, mayHaveLeft: true)) { try result.get() }
                await fixture.failure(.stopped, left: false) {
                    try await fixture.perform(server.url("/hello"))
                }
            }
        }
    }

    @Test func `the end of the loop ends what is under way`() async throws {
        try await ServerFixture.run { server in
            let loop = try EventLoop.start(name: "curl-end")
            let fixture = CurlFixture(client: ConcurrentHTTPClient(loop: loop), loop: loop)
            let task = Task { try await fixture.perform(server.url("/wait")) }
            await server.seen.entered.wait()
            try loop.stop()
            let result = await task.result
            #expect(throws: ExchangeFailure(reason: .stopped, mayHaveLeft: true)) { try result.get() }
        }
    }

    @Test func `a connection is used again only by a request that may be sent twice`() async throws {
        let answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
        let twice: [CurlFaultServer.Step] = [.read, .send(answer), .read, .send(answer), .waitForClose]
        let once: [CurlFaultServer.Step] = [.read, .send(answer), .waitForClose]
        let server = try CurlFaultServer(twice, once, once)
        try await CurlFixture.run { fixture in
            for _ in 0..<2 { _ = try await fixture.perform(server.url, mayBeSentTwice: true) }
            #expect(server.connections.withLock { $0 } == 1)
            for _ in 0..<2 { _ = try await fixture.perform(server.url, "POST") }
            #expect(server.connections.withLock { $0 } == 3)
        }
    }

    @Test func `only a request that may be sent twice is repeated when its connection was just closed`() async throws {
        let answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
        // Each of the first two answers once and cuts the second request off.
        let cutting: [CurlFaultServer.Step] = [.read, .send(answer), .read]
        let server = try CurlFaultServer(cutting, cutting, [.read, .send(answer)])
        try await CurlFixture.run { fixture in
            for _ in 0..<2 {
                let response = try await fixture.perform(server.url, mayBeSentTwice: true)
                #expect(response.status == 200)
            }
            // The second came twice, on a used connection and on a fresh one.
            #expect(server.requests.withLock { $0.count } == 3)
            let response = try await fixture.perform(server.url, "POST")
            #expect(response.status == 200)
        }
        #expect(server.requests.withLock { $0.filter { $0.hasPrefix("POST") }.count } == 1)
    }
}
