import EventLoop
import RedisClient
import RedisFixture
import Testing

extension RedisTests {
    struct CutTests {
        @Test func `a cut leaves everything in doubt that was sent, and the client comes back`() async throws {
            try await withServer { server, client in
                try server.pause()
                let outcomes = Gathered<RedisError?>()
                for _ in 0..<500 {
                    client.send(words("INCR", "n")) { outcome in
                        if case .failure(let error) = outcome { outcomes.append(error) } else { outcomes.append(nil) }
                    }
                }
                // When a turn of the loop has passed, all of them are handed to hiredis.
                try await client.ready()
                #expect(client.status.pending == 500)
                try server.stop()
                #expect(await outcomes.atLeast(500).allSatisfy { $0 == .inDoubt })
                #expect(client.status.pending == 0 && client.status.pendingBytes == 0)
                let refused = await failure { () throws(RedisError) in try await client.run(words("PING")) }
                guard case .unavailable = refused else { throw try #require(refused) }
                try server.start()
                await wait(client) { $0.isUp }
                #expect(try await ask(client, "PING").text == "PONG")
                #expect(client.status.commands.connects == 2 && client.status.failure == nil)
            }
        }

        @Test func `a connection that the server cuts is made again`() async throws {
            try await withServer { _, client in
                for round in 1...5 {
                    // The server cuts the one that asks last: its answer still comes.
                    _ = try await ask(client, "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "no")
                    await wait(client) {
                        $0.commands.connects == round + 1 && $0.reads.connects == round + 1 && $0.isUp
                    }
                    #expect(try await ask(client, "PING").text == "PONG")
                }
            }
        }

        @Test func `a server that says nothing any more is given up in time`() async throws {
            try await withServer {
                $0.silenceLimit = .milliseconds(300)
            } _: { server, client in
                try server.pause()
                let began = ContinuousClock.now
                let error = await failure { () throws(RedisError) in try await client.run(words("PING")) }
                #expect(error == .inDoubt)
                #expect(ContinuousClock.now - began >= .milliseconds(300))
                await wait(client) { $0.commands.lastFailure == .lost }
                try server.resume()
                await wait(client) { $0.isUp }
                #expect(try await ask(client, "PING").text == "PONG")
            }
        }

        @Test func `a read that blocks longer than it may is given up`() async throws {
            try await withServer {
                $0.silenceLimit = .milliseconds(200)
            } _: { _, client in
                let read = words("XREAD", "BLOCK", "0", "STREAMS", "stream", "$")
                let error = await failure { () throws(RedisError) in
                    try await client.runBlocking(read, for: .milliseconds(100))
                }
                #expect(error == .inDoubt)
                #expect(client.status.commands.isUp)
            }
        }

        @Test func `closing waits for what was sent and refuses what comes`() async throws {
            try await withServer { server, client in
                try server.pause()
                async let reply = client.run(words("PING"))
                await wait(client) { $0.pending == 1 }
                try await client.ready()
                async let closing: Void = client.close()
                try server.resume()
                #expect(try await reply.text == "PONG")
                await closing
                let late = await failure { () throws(RedisError) in try await client.run(words("PING")) }
                #expect(late == .closed)
                await #expect(throws: RedisConnectFailure.lost) { try await client.ready() }
                #expect(!client.status.isUp)
            }
        }

        @Test func `closing does not wait for a read that blocks`() async throws {
            try await withServer { _, client in
                let read = words("XREAD", "BLOCK", "0", "STREAMS", "stream", "$")
                async let error = failure { () throws(RedisError) in
                    try await client.runBlocking(read, for: .seconds(60))
                }
                while try await ask(client, "INFO", "clients").text?.contains("blocked_clients:1") != true {
                    await Task.yield()
                }
                await client.close()
                #expect(await error == .inDoubt)
            }
        }

        @Test func `a loop that ends takes its clients with it`() async throws {
            let server = try RedisServer()
            let loop = try EventLoop.start(name: "redis-test")
            let client = RedisClient.open(server.configuration, on: loop)
            try await client.ready()
            try server.pause()
            let outcomes = Gathered<Bool>()
            client.send(words("PING")) { outcome in
                if case .failure(.inDoubt) = outcome { outcomes.append(true) } else { outcomes.append(false) }
            }
            try await client.ready()
            try loop.stop()
            #expect(await outcomes.atLeast(1) == [true])
        }
    }
}
