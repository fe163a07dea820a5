import HoldpointCore
import HoldpointPorts
import RedisClient
import RedisFixture
import RedisStreams
import Testing

@Suite("Deliveries through Redis", .serialized, .timeLimit(.minutes(1)))
struct RedisStreamsDeliveryTests {
    private static let answers = "hitl:response:7"
    private static let commands = "session:command:7"

    @Test func `I3: a delivery reaches the owner whole, and is done when it is acknowledged`() async throws {
        try await StreamsScene.run { scene in
            let (one, two) = (try await scene.node("one"), try await scene.node("two"))
            two.serve([Shard(7)])
            let sent: Set = [
                try StreamsScene.delivery(1, origin: "one"), try StreamsScene.delivery(2, isAnswer: false),
            ]
            for delivery in sent { one.deliver(delivery) }
            let received = await two.deliveries(2)
            #expect(received == sent)
            #expect(try await scene.pending(Self.answers) == 1)
            #expect(try await scene.pending(Self.commands) == 1)
            for delivery in received { two.acknowledge(delivery) }
            try await scene.wait { try await scene.pending(Self.answers) == 0 }
            try await scene.wait { try await scene.pending(Self.commands) == 0 }
            #expect(try await scene.ask("XLEN", Self.answers) == .integer(1))
        }
    }

    @Test func `a command that was given up shows in the mirror of the dead, and is delivered to nobody`() async throws
    {
        try await StreamsScene.run { scene in
            let one = try await scene.node("one")
            one.serve([Shard(7)])
            let dead = try StreamsScene.delivery(1)
            one.bury(dead)
            try await scene.wait { try await scene.ask("XLEN", "hitl:dead") == .integer(1) }
            #expect(try await scene.ask("XLEN", Self.answers) == .integer(0))
        }
    }

    @Test func `what was stored before anybody served the shard comes to its first owner`() async throws {
        try await StreamsScene.run { scene in
            let one = try await scene.node("one")
            for number in 1...50 { one.deliver(try StreamsScene.delivery(number)) }
            try await scene.wait { one.status.pending == 0 }
            one.serve(Shard.all)
            #expect(await one.deliveries(50).count == 50)
            one.serve([])
        }
    }

    @Test func `I3: what an owner took and did not finish comes to the next owner at once`() async throws {
        try await StreamsScene.run { scene in
            let (one, two) = (try await scene.node("one"), try await scene.node("two"))
            one.serve([Shard(7)])
            for number in 1...300 { one.deliver(try StreamsScene.delivery(number)) }
            let taken = await one.deliveries(300)
            await one.shutDown()
            two.serve([Shard(7)])
            let reclaimed = await two.deliveries(300)
            #expect(reclaimed == taken)
            for delivery in reclaimed { two.acknowledge(delivery) }
            try await scene.wait { try await scene.pending(Self.answers) == 0 }
        }
    }

    @Test func `what a woken zombie took comes to the owner when it has lain for the interval`() async throws {
        try await StreamsScene.run { scene in
            let one = try await scene.node("one") { $0.reclaimInterval = .milliseconds(300) }
            one.serve([Shard(7)])
            one.deliver(try StreamsScene.delivery(1))
            let first = await one.deliveries(1)
            let entry = try await scene.ask("XRANGE", Self.answers, "-", "+").elements?[0].elements?[0].text
            _ = try await scene.ask("XCLAIM", Self.answers, "router", "zombie", "0", try #require(entry))
            #expect(await one.deliveries(1) == first)
            for delivery in first { one.acknowledge(delivery) }
            try await scene.wait { try await scene.pending(Self.answers) == 0 }
        }
    }

    @Test func `I4: a flush while a read waits stops nothing that comes after it`() async throws {
        try await StreamsScene.run { scene in
            let one = try await scene.node("one") { $0.readWait = .seconds(20) }
            one.serve([Shard(7), Shard(8)])
            for round in 1...3 {
                try await scene.wait {
                    try await scene.ask("INFO", "clients").text?.contains("blocked_clients:1") == true
                }
                _ = try await scene.ask("FLUSHALL")
                one.deliver(try StreamsScene.delivery(round))
                let received = await one.deliveries(1)
                #expect(received == [try StreamsScene.delivery(round)])
                for delivery in received { one.acknowledge(delivery) }
                try await scene.wait { try await scene.pending(Self.answers) == 0 }
                #expect(one.problem == nil)
            }
        }
    }

    @Test func `I4: while Redis is away the owner's deliveries go the short way, and others are dropped`() async throws
    {
        try await StreamsScene.run { scene in
            let one = try await scene.node("one")
            one.serve([Shard(7)])
            try scene.server.stop()
            try await scene.wait { one.problem != nil }
            let other = SessionIdentity(
                scope: try StreamsScene.scope.get(), key: SessionKey(Identifier128(high: 1, low: 8)),
                id: try SessionID("elsewhere"))
            one.deliver(CommandDelivery(command: StreamsScene.command(9), session: other, isAnswer: true))
            one.deliver(try StreamsScene.delivery(1))
            #expect(await one.nextDeliveries() == [try StreamsScene.delivery(1)])
            try scene.server.start()
            try await scene.wait { one.problem == nil }
            one.deliver(try StreamsScene.delivery(2))
            let again = await one.deliveries(1)
            #expect(again == [try StreamsScene.delivery(2)])
            for delivery in again { one.acknowledge(delivery) }
            try await scene.wait { try await scene.pending(Self.answers) == 0 }
        }
    }

    @Test func `what Redis does not let the node do is told, and the owner's deliveries go the short way`() async throws
    {
        try await StreamsScene.run { scene in
            _ = try await scene.ask("ACL", "SETUSER", "half", "on", ">secret", "~*", "&*", "+@all", "-xadd")
            let one = try await scene.node("one") { ($0.redis.user, $0.redis.password) = ("half", "secret") }
            one.serve([Shard(7)])
            one.deliver(try StreamsScene.delivery(1))
            #expect(await one.nextDeliveries() == [try StreamsScene.delivery(1)])
            #expect(one.problem == "Redis refuses XADD (NOPERM)")
            _ = try await scene.ask("ACL", "SETUSER", "half", "+xadd")
            one.deliver(try StreamsScene.delivery(2))
            #expect(await one.nextDeliveries() == [try StreamsScene.delivery(2)])
            try await scene.wait { one.problem == nil }
        }
    }

    @Test func `an entry that is no delivery is passed over for good`() async throws {
        try await StreamsScene.run { scene in
            let one = try await scene.node("one")
            _ = try await scene.ask("XADD", Self.answers, "*", "command", "nonsense")
            _ = try await scene.ask("XADD", Self.answers, "*", "only one", "")
            one.serve([Shard(7)])
            one.deliver(try StreamsScene.delivery(1))
            let received = await one.deliveries(1)
            #expect(received == [try StreamsScene.delivery(1)])
            try await scene.wait { try await scene.pending(Self.answers) == 1 }
            for delivery in received { one.acknowledge(delivery) }
            try await scene.wait { try await scene.pending(Self.answers) == 0 }
        }
    }

    @Test func `a stream of commands keeps about as many as it may`() async throws {
        try await StreamsScene.run { scene in
            let one = try await scene.node("one") { $0.commandStreamLength = 100 }
            for number in 1...500 { one.deliver(try StreamsScene.delivery(number)) }
            try await scene.wait { one.status.pending == 0 }
            guard case .integer(let length) = try await scene.ask("XLEN", Self.answers) else { throw RedisError.closed }
            #expect((100..<300).contains(length))
        }
    }

    @Test func `deliveries beyond what is remembered come again and are acknowledged then`() async throws {
        try await StreamsScene.run { scene in
            let one = try await scene.node("one") {
                $0.maximumUnacknowledged = 2
                $0.reclaimInterval = .milliseconds(200)
            }
            one.serve([Shard(7)])
            for number in 1...5 { one.deliver(try StreamsScene.delivery(number)) }
            let all = await one.deliveries(5)
            for delivery in all { one.acknowledge(delivery) }
            try await scene.wait { try await scene.pending(Self.answers) == 3 }
            async let rest: Set<CommandDelivery> = {
                var again: Set<CommandDelivery> = []
                while true {
                    let some = await one.nextDeliveries()
                    if some.isEmpty { return again }
                    again.formUnion(some)
                    for delivery in some { one.acknowledge(delivery) }
                }
            }()
            try await scene.wait { try await scene.pending(Self.answers) == 0 }
            one.close()
            let again = await rest
            #expect(again.count >= 3 && again.isSubset(of: all))
        }
    }
}
