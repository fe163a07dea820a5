import EventLoop
import RedisClient
import RedisFixture
import Testing

extension RedisTests {
    struct CommandTests {
        @Test func `commands of many callers are answered, each with its own reply and in order`() async throws {
            try await withServer { _, client in
                let replies = Gathered<RedisReply>()
                for _ in 0..<2_000 {
                    client.send(words("INCR", "n")) { if case .success(let reply) = $0 { replies.append(reply) } }
                }
                #expect(await replies.atLeast(2_000) == (1...2_000).map { .integer($0) })
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<200 {
                        group.addTask {
                            let reply = try await ask(client, "ECHO", "text \(number)")
                            #expect(reply.text == "text \(number)")
                        }
                    }
                    try await group.waitForAll()
                }
                #expect(client.status.pending == 0 && client.status.pendingBytes == 0)
            }
        }

        @Test func `arguments of any bytes, numbers and lengths arrive as they are`() async throws {
            try await withServer { (_, client) async throws in
                for count in [0, 1, 9, 10, 99, 100, 1_000, 70_000] {
                    var command = RedisCommand("ECHO")
                    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
                    command.add(bytes)
                    #expect(try await reply(client, command) == .string(bytes))
                }
                for number in [0, 7, -1, 10, Int64.max, Int64.min] {
                    var command = RedisCommand("ECHO")
                    command.add(number)
                    #expect(try await reply(client, command).text == "\(number)")
                }
                var many = RedisCommand("RPUSH", "list")
                for number in 0..<1_200 { many.add(Int64(number)) }
                #expect(try await reply(client, many) == .integer(1_200))
                #expect(try await ask(client, "LRANGE", "list", "0", "-1").elements?.count == 1_200)
                #expect(many.byteCount > 1_200 * 7 && words("PING").byteCount == "*1\r\n$4\r\nPING\r\n".utf8.count)
            }
        }

        @Test func `each kind of reply is told apart`() async throws {
            try await withServer { _, client in
                #expect(try await ask(client, "GET", "nothing") == .null)
                #expect(try await ask(client, "SET", "key", "value").text == "OK")
                #expect(try await ask(client, "TYPE", "key").text == "string")
                _ = try await ask(client, "XADD", "stream", "7-0", "field", "value")
                let entry = RedisReply.array([
                    .string(Array("7-0".utf8)),
                    .array([.string(Array("field".utf8)), .string(Array("value".utf8))]),
                ])
                #expect(try await ask(client, "XRANGE", "stream", "-", "+") == .array([entry]))
            }
        }

        @Test func `a refusal has its code, and its description shows no data`() async throws {
            try await withServer { _, client in
                _ = try await ask(client, "SET", "key", "value")
                let wrongType = await failure { () throws(RedisError) in try await client.run(words("LPOP", "key")) }
                guard case .refused(let refusal) = wrongType else { throw try #require(wrongType) }
                #expect(refusal.code == "WRONGTYPE")
                let unknown = await failure { () throws(RedisError) in
                    try await client.run(words("HUNTER2", "hunter3"))
                }
                guard case .refused(let quoted) = unknown else { throw try #require(unknown) }
                #expect(quoted.code == "ERR" && quoted.message.contains("hunter3"))
                #expect("\(try #require(unknown))" == "Redis refused a command with ERR")
                #expect(try await ask(client, "PING").text == "PONG")
            }
        }

        @Test func `commands beyond the bounds are refused and the others answered`() async throws {
            try await withServer {
                $0.maximumPending = 10
                $0.maximumPendingBytes = 2_000
                $0.maximumCommandBytes = 1_500
            } _: { server, client in
                try server.pause()
                let outcomes = Gathered<Result<RedisReply, RedisError>>()
                for _ in 0..<10 { client.send(words("PING")) { outcomes.append($0) } }
                let eleventh = await failure { () throws(RedisError) in try await client.run(words("PING")) }
                #expect(eleventh == .overloaded(.maximumPending))
                try server.resume()
                #expect(await outcomes.atLeast(10).allSatisfy { (try? $0.get().text) == "PONG" })
                try server.pause()
                let large = words("ECHO", String(repeating: "x", count: 1_000))
                client.send(large) { outcomes.append($0) }
                let second = await failure { () throws(RedisError) in try await client.run(large) }
                #expect(second == .overloaded(.maximumPendingBytes))
                let tooLarge = words("ECHO", String(repeating: "x", count: 1_500))
                let never = await failure { () throws(RedisError) in try await client.run(tooLarge) }
                #expect(never == .overloaded(.maximumCommandBytes))
                try server.resume()
                #expect(await outcomes.atLeast(11).last.flatMap { try? $0.get().bytes?.count } == 1_000)
                #expect(try await reply(client, large).bytes?.count == 1_000)
            }
        }

        @Test func `a read that blocks does not hold up short commands`() async throws {
            try await withServer { _, client in
                let read = words("XREAD", "BLOCK", "30000", "STREAMS", "stream", "$")
                async let blocked = client.runBlocking(read, for: .seconds(30))
                // It has begun when the server counts it.
                while try await ask(client, "INFO", "clients").text?.contains("blocked_clients:1") != true {
                    await Task.yield()
                }
                for _ in 0..<100 { _ = try await ask(client, "PING") }
                _ = try await ask(client, "XADD", "stream", "5-0", "field", "value")
                #expect(try await blocked.elements?.count == 1)
                let empty = words("XREAD", "BLOCK", "20", "STREAMS", "stream", "$")
                #expect(try await client.runBlocking(empty, for: .milliseconds(20)) == .null)
            }
        }

        @Test func `what the socket does not take at once follows, in order`() async throws {
            try await withServer { server, client in
                try server.pause()
                let replies = Gathered<Int>()
                // More than the kernel holds between the two.
                for count in 0..<30 {
                    let text = String(repeating: "x", count: 100_000 + count)
                    client.send(words("ECHO", text)) { replies.append((try? $0.get().bytes?.count) ?? 0) }
                }
                await wait(client) { $0.pendingBytes > 3_000_000 }
                try server.resume()
                #expect(await replies.atLeast(30) == (0..<30).map { 100_000 + $0 })
                #expect(client.status.commands.connects == 1)
            }
        }

        @Test func `a value that is too large cuts the connection`() async throws {
            try await withServer({ $0.maximumValueBytes = 100_000 }) { _, client in
                _ = try await ask(client, "SETRANGE", "key", "400000", "x")
                let error = await failure { () throws(RedisError) in try await client.run(words("GET", "key")) }
                #expect(error == .inDoubt)
                await wait(client) { $0.commands.failures == 1 }
                await wait(client) { $0.isUp }
                #expect(try await ask(client, "GETRANGE", "key", "0", "9").bytes?.count == 10)
            }
        }
    }
}
