import EventLoop
import RedisClient
import RedisFixture
import Testing

extension RedisTests {
    struct SubscriptionTests {
        private static func listening(_ pushes: Gathered<RedisPush>) -> RedisListening {
            RedisListening(anchor: "anchor") { pushes.append($0) }
        }

        private static func message(_ channel: String, _ text: String) -> RedisPush {
            .message(channel: channel, payload: Array(text.utf8))
        }

        @Test func `messages come once the subscription stands, and those of the anchor always`() async throws {
            let pushes = Gathered<RedisPush>()
            try await withServer(listening: Self.listening(pushes)) { _, client in
                #expect(client.subscribe("one"))
                #expect(await pushes.atLeast(1) == [.subscribed(channel: "one")])
                #expect(try await ask(client, "PUBLISH", "one", "first") == .integer(1))
                #expect(try await ask(client, "PUBLISH", "two", "nobody's") == .integer(0))
                #expect(try await ask(client, "PUBLISH", "anchor", "second") == .integer(1))
                let expected = [Self.message("one", "first"), Self.message("anchor", "second")]
                #expect(Array(await pushes.atLeast(3).dropFirst()) == expected)
                client.unsubscribe("one")
                while try await ask(client, "PUBLISH", "one", "late") != .integer(0) { await Task.yield() }
            }
        }

        @Test func `a server that was restarted gets all subscriptions again, and each says so`() async throws {
            let pushes = Gathered<RedisPush>()
            try await withServer(listening: Self.listening(pushes)) { server, client in
                let channels = (0..<600).map { "channel-\($0)" }
                for channel in channels { #expect(client.subscribe(channel)) }
                _ = await pushes.atLeast(600)
                try server.stop()
                await wait(client) { $0.subscriptions?.isUp == false }
                client.unsubscribe("channel-0")
                #expect(client.subscribe("another"))
                try server.start()
                let again = Set(await pushes.atLeast(1_200).dropFirst(600))
                #expect(again == Set((channels.dropFirst() + ["another"]).map { .subscribed(channel: $0) }))
                _ = try await eventually(client, "PUBLISH", "channel-599", "text")
                #expect(await pushes.atLeast(1_201).last == Self.message("channel-599", "text"))
                #expect(try await ask(client, "PUBLISH", "channel-0", "text") == .integer(0))
            }
        }

        /// Sends until the connection for it stands.
        private func eventually(_ client: RedisClient, _ name: String, _ more: String...) async throws -> RedisReply {
            await wait(client) { $0.isUp }
            var command = RedisCommand(name)
            for word in more { command.add(word) }
            return try await reply(client, command)
        }

        @Test func `a channel that is wanted, not wanted and wanted again brings its messages`() async throws {
            let pushes = Gathered<RedisPush>()
            try await withServer(listening: Self.listening(pushes)) { server, client in
                // All of it is under way before the server answers anything.
                try server.pause()
                for _ in 0..<3 {
                    #expect(client.subscribe("one"))
                    try await client.ready()
                    client.unsubscribe("one")
                    try await client.ready()
                }
                #expect(client.subscribe("one"))
                try server.resume()
                #expect(await pushes.atLeast(4).allSatisfy { $0 == .subscribed(channel: "one") })
                while try await ask(client, "PUBLISH", "one", "text") != .integer(1) { await Task.yield() }
                #expect(await pushes.atLeast(5).last == Self.message("one", "text"))
            }
        }

        @Test func `more channels than the bound are not taken`() async throws {
            let pushes = Gathered<RedisPush>()
            try await withServer({ $0.maximumChannels = 2 }, listening: Self.listening(pushes)) { _, client in
                #expect(client.subscribe("one") && client.subscribe("two"))
                #expect(!client.subscribe("three") && client.subscribe("one"))
                client.unsubscribe("one")
                #expect(client.subscribe("three"))
            }
            try await withServer { _, client in #expect(!client.subscribe("one")) }
        }

        @Test func `a subscription on a server that says nothing any more is given up`() async throws {
            let pushes = Gathered<RedisPush>()
            try await withServer(
                {
                    $0.heartbeat = .milliseconds(100)
                    $0.silenceLimit = .milliseconds(300)
                }, listening: Self.listening(pushes)
            ) { server, client in
                #expect(client.subscribe("one"))
                _ = await pushes.atLeast(1)
                try server.pause()
                await wait(client) { $0.subscriptions?.lastFailure == .lost }
                try server.resume()
                #expect(await pushes.atLeast(2)[1] == .subscribed(channel: "one"))
            }
        }

        @Test func `a server on which nothing happens is tried and kept`() async throws {
            let pushes = Gathered<RedisPush>()
            try await withServer({ $0.heartbeat = .milliseconds(50) }, listening: Self.listening(pushes)) { _, client in
                func subscribes() async throws -> Int {
                    let text = try await ask(client, "INFO", "commandstats").text ?? ""
                    let calls = text.firstRange(of: "cmdstat_subscribe:calls=").map { text[$0.upperBound...] } ?? "0"
                    return Int(calls.prefix { $0.isNumber }) ?? 0
                }
                while try await subscribes() < 4 { await Task.yield() }
                #expect(client.status.subscriptions?.connects == 1)
            }
        }
    }
}
