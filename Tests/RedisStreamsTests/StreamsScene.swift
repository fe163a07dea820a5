import EventLoop
import HoldpointCore
import HoldpointPorts
import LocalStreams
import RedisClient
import RedisFixture
import RedisStreams
import Testing

/// A server, nodes that use it, and a client that looks at what they left there.
final class StreamsScene: Sendable {
    static let scope: Result<Scope, InvalidName> = Result { () throws(InvalidName) in
        Scope(tenant: try TenantName("acme"), project: try ProjectName("billing"))
    }

    let server: RedisServer
    let loop: EventLoop
    /// Where doorbells are rung, as on a node.
    let engine: EventLoop
    let observer: RedisClient
    private let nodes = Locked<[RedisStreams]>([])

    private init() throws {
        server = try RedisServer()
        loop = try EventLoop.start(name: "streams-test")
        engine = try EventLoop.start(name: "engine-test")
        observer = RedisClient.open(server.configuration, on: loop)
    }

    /// Runs `body` with a server that nobody has used, and ends whatever it began.
    static func run(_ body: (StreamsScene) async throws -> Void) async throws {
        let scene = try StreamsScene()
        let result: Result<Void, any Error>
        do { result = .success(try await body(scene)) } catch { result = .failure(error) }
        for node in scene.nodes.withLock({ $0 }) { await node.shutDown() }
        await scene.observer.close()
        try scene.loop.stop()
        try scene.engine.stop()
        try result.get()
    }

    /// A node whose connections stand, and that hears what is announced to it.
    func node(
        _ name: String, _ change: (inout RedisStreamsConfiguration) -> Void = { _ in }
    ) async throws -> RedisStreams {
        var configuration = RedisStreamsConfiguration(redis: server.configuration, node: try NodeName(name))
        change(&configuration)
        let node = RedisStreams(configuration, local: LocalStreams(), on: loop, from: engine)
        nodes.withLock { $0.append(node) }
        while !node.status.isUp { await Task.yield() }
        // A connection stands before it has subscribed, and what is published in between is lost.
        let channel = "hitl:outcome:\(name)"
        try await wait { try await ask("PUBSUB", "NUMSUB", channel).elements?.last == .integer(1) }
        return node
    }

    /// Asks the server.
    func ask(_ name: String, _ arguments: String...) async throws -> RedisReply {
        var command = RedisCommand(name)
        for argument in arguments { command.add(argument) }
        return try await observer.run(command)
    }

    /// How many messages have been published.
    func published() async throws -> Int {
        let text = try await ask("INFO", "commandstats").text ?? ""
        let line = text.split(whereSeparator: \.isNewline).first { $0.hasPrefix("cmdstat_publish:") }
        return line?.split(separator: ",").first?.split(separator: "=").last.flatMap { Int($0) } ?? 0
    }

    /// How many entries of a stream are taken and not acknowledged.
    func pending(_ stream: String) async throws -> Int64? {
        guard case .integer(let count) = try await ask("XPENDING", stream, "router").elements?.first else { return nil }
        return count
    }

    /// Asks again and again until it is so.
    func wait(until isReached: () async throws -> Bool) async throws {
        while try await !isReached() { await Task.yield() }
    }

    static func session(_ number: Int) throws -> SessionIdentity {
        SessionIdentity(
            scope: try scope.get(), key: SessionKey(Identifier128(high: UInt64(number), low: 7)),
            id: try SessionID("session-\(number)"))
    }

    static func delivery(_ number: Int, isAnswer: Bool = true, origin: String? = nil) throws -> CommandDelivery {
        CommandDelivery(
            command: command(number), session: try session(number), isAnswer: isAnswer,
            origin: try origin.map { try NodeName($0) })
    }

    static func command(_ number: Int) -> StoredCommandID {
        StoredCommandID(Identifier128(high: 1, low: UInt64(number)))
    }

    static func doorbell(_ head: Int64, of number: Int = 1, isOnFeed: Bool = false) throws -> Doorbell {
        let event = RecordedEvent(
            sequence: head, time: Timestamp(milliseconds: head), type: EventType("step_completed"),
            data: Array("{\"n\":\(head)}".utf8), chain: .zero, isOnFeed: isOnFeed)
        return Doorbell(session: try session(number), head: head, events: [event], isOnFeed: isOnFeed)
    }
}

extension RedisStreams {
    /// So many deliveries, whatever comes double.
    func deliveries(_ count: Int) async -> Set<CommandDelivery> {
        var all: Set<CommandDelivery> = []
        while all.count < count { all.formUnion(await nextDeliveries()) }
        return all
    }

    /// Watches a topic, and waits for the doorbell that says from when on nothing is missed.
    func watchAndWait(_ topic: DoorbellTopic) async {
        watch(topic)
        while await !nextDoorbells().contains(where: { $0.head == 0 }) {}
    }
}
