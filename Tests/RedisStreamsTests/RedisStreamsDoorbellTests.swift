import EventLoop
import HoldpointCore
import HoldpointPorts
import RedisClient
import RedisFixture
import RedisStreams
import Testing

@Suite("Doorbells through Redis", .serialized, .timeLimit(.minutes(1)))
struct RedisStreamsDoorbellTests {
    @Test func `I4: another node hears each doorbell once, and the own echo is not heard again`() async throws {
        try await StreamsScene.run { scene in
            let (one, two) = (try await scene.node("one"), try await scene.node("two"))
            let session = try StreamsScene.session(1)
            for node in [one, two] {
                await node.watchAndWait(.session(session))
                await node.watchAndWait(.feed(session.scope))
            }
            one.ring(try StreamsScene.doorbell(3, isOnFeed: true))
            one.ring(try StreamsScene.doorbell(4))
            var heard: [Doorbell] = []
            while !heard.contains(where: \.isOnFeed) || heard.last(where: { !$0.isOnFeed })?.head != 4 {
                heard += await two.nextDoorbells()
            }
            #expect(heard.filter { $0.session == session }.map(\.head) == [3, 4])
            #expect(heard.filter(\.isOnFeed).map(\.head) == [0])
            #expect(heard.allSatisfy { $0.isOnFeed == ($0.session != session) && $0.events.isEmpty })
            // It comes behind the echoes, on the same connection.
            two.announce(StreamsScene.command(1), to: try NodeName("one"))
            #expect(await one.nextAnnouncements() == [StreamsScene.command(1)])
            #expect(await one.nextDoorbells().map(\.head) == [3, 4])
        }
    }

    @Test func `who watches a feed hears that there is news of it, and of what is not on it nothing`() async throws {
        try await StreamsScene.run { scene in
            let (one, two) = (try await scene.node("one"), try await scene.node("two"))
            await two.watchAndWait(.feed(try StreamsScene.scope.get()))
            one.ring(try StreamsScene.doorbell(1, of: 5))
            one.announce(StreamsScene.command(1), to: try NodeName("two"))
            _ = await two.nextAnnouncements()
            one.ring(try StreamsScene.doorbell(2, of: 5, isOnFeed: true))
            let heard = await two.nextDoorbells()
            #expect(heard.map(\.isOnFeed) == [true] && heard.map(\.head) == [0])
            #expect(heard.map(\.session.scope) == [try StreamsScene.scope.get()])
            two.unwatch(.feed(try StreamsScene.scope.get()))
            try await scene.wait { try await scene.ask("PUBLISH", "hp:acme:billing", "nothing") == .integer(0) }
        }
    }

    @Test func `a feed is rung for once for all that happens in a turn of the loop`() async throws {
        try await StreamsScene.run { scene in
            let (one, two) = (try await scene.node("one"), try await scene.node("two"))
            await two.watchAndWait(.feed(try StreamsScene.scope.get()))
            let doorbells = try (1...40).map { try StreamsScene.doorbell(1, of: $0, isOnFeed: true) }
            let before = try await scene.published()
            scene.engine.execute { for doorbell in doorbells { one.ring(doorbell) } }
            #expect(await two.nextDoorbells().map(\.isOnFeed) == [true])
            try await scene.wait { one.status.pending == 0 }
            #expect(try await scene.published() == before + 41, "one for each session, and one for the feed")
        }
    }

    @Test func `I4: a session is listened to from when its shard is lost, and looked after then`() async throws {
        try await StreamsScene.run { scene in
            let (one, two) = (try await scene.node("one"), try await scene.node("two"))
            let (first, second) = (try StreamsScene.session(1), try StreamsScene.session(2))
            one.serve(Shard.all)
            one.watch(.session(first))
            one.watch(.session(second))
            await one.watchAndWait(.feed(first.scope))
            let listeners = {
                try await scene.ask("PUBSUB", "NUMSUB", "hp:acme:billing:session-1").elements?.last
            }
            #expect(try await listeners() == .integer(0))
            one.ring(try StreamsScene.doorbell(1))
            #expect(await one.nextDoorbells().map(\.head) == [1])
            one.unwatch(.session(second))
            one.serve([])
            var heard: [Doorbell] = []
            while heard.isEmpty { heard += await one.nextDoorbells() }
            #expect(heard.map(\.head) == [0] && heard.map(\.session) == [first])
            two.ring(try StreamsScene.doorbell(2))
            #expect(await one.nextDoorbells().map(\.head) == [2])
            // Once it is listened to, it is for as long as it is watched.
            one.serve(Shard.all)
            #expect(try await listeners() == .integer(1))
            one.unwatch(.session(first))
            try await scene.wait { try await listeners() == .integer(0) }
        }
    }

    @Test func `I4: a subscription that stands again makes its watchers look, since doorbells were lost`() async throws
    {
        try await StreamsScene.run { scene in
            let (one, two) = (try await scene.node("one"), try await scene.node("two"))
            let session = try StreamsScene.session(1)
            await two.watchAndWait(.session(session))
            await two.watchAndWait(.feed(session.scope))
            try scene.server.stop()
            try await scene.wait { one.problem != nil && two.problem != nil }
            #expect(one.problem?.hasPrefix("Redis is away") == true)
            let dropped = one.dropped
            one.ring(try StreamsScene.doorbell(7))
            // At this node nothing is missing.
            #expect(await one.nextDoorbells().map(\.head) == [7])
            #expect(one.dropped == dropped + 1)
            try scene.server.start()
            var heard: [Doorbell] = []
            while heard.count < 2 { heard += await two.nextDoorbells() }
            #expect(heard.allSatisfy { $0.head == 0 && $0.events.isEmpty })
            #expect(heard.contains { $0.session == session && !$0.isOnFeed })
            #expect(heard.contains { $0.session.scope == session.scope && $0.session != session && $0.isOnFeed })
            try await scene.wait { one.problem == nil && two.problem == nil }
            one.ring(try StreamsScene.doorbell(8))
            #expect(await two.nextDoorbells().map(\.head) == [8])
        }
    }

    @Test func `an announcement reaches the node where somebody waits, this one without Redis`() async throws {
        try await StreamsScene.run { scene in
            let (one, two) = (try await scene.node("one"), try await scene.node("two"))
            one.announce(StreamsScene.command(1), to: try NodeName("two"))
            #expect(await two.nextAnnouncements() == [StreamsScene.command(1)])
            try scene.server.pause()
            one.announce(StreamsScene.command(2), to: try NodeName("one"))
            #expect(await one.nextAnnouncements() == [StreamsScene.command(2)])
            for number in 0..<RedisStreamsConfiguration.announcementCapacity + 10 {
                one.announce(StreamsScene.command(number), to: try NodeName("one"))
            }
            #expect(await one.nextAnnouncements().count == RedisStreamsConfiguration.announcementCapacity)
            try scene.server.resume()
        }
    }

    @Test func `a session's tail is kept short and for a time, and a late owner's events change nothing`() async throws
    {
        try await StreamsScene.run { scene in
            let one = try await scene.node("one") {
                $0.tailLength = 100
                $0.tailSeconds = 50
            }
            let late = try await scene.node("late")
            for head in 1...500 { one.ring(try StreamsScene.doorbell(Int64(head))) }
            let stream = "hp:acme:billing:session-1"
            try await scene.wait { try await scene.published() == 500 }
            guard case .integer(let length) = try await scene.ask("XLEN", stream),
                case .integer(let seconds) = try await scene.ask("TTL", stream)
            else { throw RedisError.closed }
            #expect((100..<300).contains(length) && (1...50).contains(seconds))
            late.ring(try StreamsScene.doorbell(499))
            late.ring(try StreamsScene.doorbell(500))
            try await scene.wait { try await scene.published() == 502 }
            #expect(late.problem == nil && late.dropped == 0)
            let last = try await scene.ask("XREVRANGE", stream, "+", "-", "COUNT", "2").elements?.map { entry in
                entry.elements?[0].text
            }
            #expect(last == ["500-0", "499-0"])
            let fields = try await scene.ask("XRANGE", stream, "500-0", "500-0").elements?[0].elements?[1].elements
            #expect(fields?.map(\.text) == ["type", "step_completed", "time", "500", "data", "{\"n\":500}"])
        }
    }

    @Test func `the doorbells of one turn wait within bounds, and what does not fit is counted`() async throws {
        try await StreamsScene.run { scene in
            let one = try await scene.node("one")
            let count = RedisStreamsConfiguration.doorbellCapacity
            let small = try (1...count + 3).map { number in
                Doorbell(session: try StreamsScene.session(number), head: 1, events: [], isOnFeed: false)
            }
            scene.engine.execute { for doorbell in small { one.ring(doorbell) } }
            try await scene.wait { try await scene.published() == count }
            #expect(one.dropped == 3)
            let bytes = RedisLimits().maximumPendingBytes / 2
            let event = RecordedEvent(
                sequence: 1, time: Timestamp(milliseconds: 1), type: EventType("step_completed"),
                data: Array(repeating: UInt8(ascii: "1"), count: bytes + 1), chain: .zero, isOnFeed: false)
            let large = try (1...2).map { number in
                Doorbell(session: try StreamsScene.session(number), head: 1, events: [event], isOnFeed: false)
            }
            scene.engine.execute { for doorbell in large { one.ring(doorbell) } }
            // The second has no room; of the first, the event alone is too large for one command.
            try await scene.wait { try await scene.published() == count + 1 }
            #expect(one.dropped == 5)
        }
    }
}
