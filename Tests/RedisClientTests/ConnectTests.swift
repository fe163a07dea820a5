import EventLoop
import RedisClient
import RedisFixture
import Testing

extension RedisTests {
    struct ConnectTests {
        @Test(arguments: ["127.0.0.1", "localhost"])
        func `a client connects over TCP, with a user, to a database, under a name`(host: String) async throws {
            let server = try RedisServer()
            var configuration = try RedisConfiguration(url: "redis://worker:secret@\(host):\(server.port)/3")
            configuration.name = "holdpoint:node-1"
            try await withClient(of: configuration) { client in
                try await client.ready()
                #expect(try await ask(client, "ACL", "WHOAMI").text == "worker")
                #expect(try await ask(client, "CLIENT", "GETNAME").text == "holdpoint:node-1")
                _ = try await ask(client, "SET", "key", "in three")
            }
            try await withClient(of: server.configuration) { client in
                #expect(try await ask(client, "GET", "key") == .null)
                _ = try await ask(client, "SELECT", "3")
                #expect(try await ask(client, "GET", "key").text == "in three")
            }
        }

        @Test func `a wrong password is told as such and shows no password`() async throws {
            let server = try RedisServer()
            for url in ["redis://worker:hunter2@127.0.0.1:\(server.port)", "unix://x:hunter2@\(server.folder)/socket"] {
                let configuration = try RedisConfiguration(url: url)
                #expect(
                    !"\(configuration)".contains("hunter2") && !String(reflecting: configuration).contains("hunter2"))
                try await withClient(of: configuration) { client in
                    let expected = RedisConnectFailure.refused(command: "AUTH", code: "WRONGPASS")
                    await #expect(throws: expected) { try await client.ready() }
                    let error = await failure { () throws(RedisError) in try await client.run(words("PING")) }
                    #expect(error == .unavailable(expected))
                    let text = "\(try #require(error))"
                    #expect(text.contains("WRONGPASS") && !text.contains("hunter2"))
                }
            }
        }

        @Test func `a server that wants a password says so, and a user may do what the server allows`() async throws {
            let server = try RedisServer()
            try await withClient(of: server.configuration) { client in
                try await client.ready()
                _ = try await ask(client, "CONFIG", "SET", "requirepass", "other")
                try await withClient(of: server.configuration) { stranger in
                    let expected = RedisConnectFailure.refused(command: "PING", code: "NOAUTH")
                    await #expect(throws: expected) { try await stranger.ready() }
                }
                var reader = server.configuration
                (reader.user, reader.password, reader.name) = ("reader", "secret", "a reader")
                try await withClient(of: reader) { client in
                    // A name with a space is refused, and that is no reason not to connect.
                    try await client.ready()
                    let error = await failure { () throws(RedisError) in
                        try await client.run(words("SET", "key", "value"))
                    }
                    guard case .refused(let refusal) = error else { throw try #require(error) }
                    #expect(refusal.code == "NOPERM")
                }
            }
        }

        @Test func `a database that does not exist is told as such`() async throws {
            let server = try RedisServer()
            var configuration = server.configuration
            configuration.database = 99
            try await withClient(of: configuration) { client in
                let expected = RedisConnectFailure.refused(command: "SELECT", code: "ERR")
                await #expect(throws: expected) { try await client.ready() }
            }
        }

        @Test func `where nobody listens the client says so and tries on`() async throws {
            let server = try RedisServer()
            let port = try RedisServer.freePort()
            let addresses: [RedisAddress] = [.host("127.0.0.1", port: port), .unixSocket("\(server.folder)/none")]
            for address in addresses {
                try await withClient(of: RedisConfiguration(address: address)) { client in
                    for _ in 0..<3 {
                        do throws(RedisConnectFailure) {
                            try await client.ready()
                            Issue.record("connected to nobody")
                        } catch {
                            guard case .unreachable = error else { throw error }
                        }
                    }
                    #expect(client.status.commands.failures >= 1 && client.status.commands.connects == 0)
                }
            }
        }

        @Test func `a server that accepts and says nothing is given up in time`() async throws {
            let server = try RedisServer()
            try server.pause()
            var configuration = server.configuration
            configuration.limits.connectLimit = .milliseconds(200)
            try await withClient(of: configuration) { client in
                async let early = failure { () throws(RedisError) in try await client.run(words("PING")) }
                await #expect(throws: RedisConnectFailure.timedOut) { try await client.ready() }
                // It waited for the first connection, and nothing was sent.
                let error = await early
                #expect(error == .unavailable(.timedOut))
                try server.resume()
                await wait(client) { $0.isUp }
            }
        }

        @Test func `a server of another protocol is told as such`() async throws {
            let other = try OtherServer()
            let address = RedisAddress.host("127.0.0.1", port: other.port)
            try await withClient(of: RedisConfiguration(address: address)) { client in
                _ = await #expect(throws: RedisConnectFailure.notRedis) { try await client.ready() }
            }
        }

        @Test func `what comes before the first connection stands is sent when it does`() async throws {
            let server = try RedisServer()
            try await withClient(of: server.configuration) { client async throws in
                #expect(try await ask(client, "PING").text == "PONG")
            }
        }
    }
}
