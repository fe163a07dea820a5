package import EventLoop
package import HoldpointCore
package import HoldpointPorts
package import RedisClient

/// Doorbells, deliveries and announcements among nodes, through Redis.
///
/// What is this node's own loops back within the process at once, and Redis comes second: where it is away, everything
/// for other nodes is dropped, nothing waits, and `problem` says so. Nothing here is needed for anything to be correct
/// (I4): heads are compared with the journal, and stored commands are found by the sweep. A flushed or restarted Redis
/// is set up again as it is used.
package final class RedisStreams: StreamBus {
    /// The server and the bounds.
    package let configuration: RedisStreamsConfiguration
    private let loop: EventLoop
    /// Where doorbells are rung: those of one turn there are published together.
    private let engine: EventLoop
    /// The bus within this process.
    private let local: any StreamBus
    private let client: RedisClient
    private let listener: DoorbellListener
    private let announcements = Announcements()
    private let acknowledgements: Acknowledgements
    private let troubles = Troubles()
    private let outbox: DoorbellOutbox
    private let reader: ShardReader
    private let reading: Task<Void, Never>

    /// Opens the connections in the background; the bus is to be shut down before the loop is stopped.
    ///
    /// - Parameters:
    ///   - local: The bus within this process, which nobody else may read.
    ///   - loop: Where the connections are, and commands are put together.
    ///   - engine: Where most doorbells are rung; it may be the same loop, and pays for publishing then.
    package init(
        _ configuration: RedisStreamsConfiguration, local: any StreamBus, on loop: EventLoop, from engine: EventLoop
    ) {
        self.configuration = configuration
        self.loop = loop
        self.engine = engine
        self.local = local
        let listener = DoorbellListener(node: configuration.node, local: local, announcements: announcements)
        self.listener = listener
        let anchor = StreamNames.outcomes(configuration.node)
        client = RedisClient.open(
            configuration.redis, listening: RedisListening(anchor: anchor) { listener.receive($0) }, on: loop)
        outbox = DoorbellOutbox(
            maximumCount: RedisStreamsConfiguration.doorbellCapacity,
            maximumBytes: configuration.redis.limits.maximumPendingBytes)
        acknowledgements = Acknowledgements(maximum: configuration.maximumUnacknowledged)
        reader = ShardReader(
            configuration, client: client, local: local, acknowledgements: acknowledgements, troubles: troubles,
            on: loop)
        let reader = reader
        // With the loop as its preference the task goes on there after each wait, and never on a thread of the pool.
        reading = Task(executorPreference: loop.taskExecutor) { await reader.run() }
    }

    package func ring(_ doorbell: Doorbell) {
        local.ring(doorbell)
        guard client.takesCommands else { return troubles.drop() }
        switch outbox.add(doorbell) {
        case .first: engine.executeAtEndOfTurn { self.loop.run { self.publish() } }
        case .another: break
        case .refused: troubles.drop()
        }
    }

    /// Publishes what was rung in a turn; for a project's feed once, since whoever hears it reads all there is.
    private func publish() {
        var feeds: [Scope: String] = [:]
        for doorbell in outbox.takeAll() {
            guard client.takesCommands else {
                troubles.drop()
                continue
            }
            let text = publish(doorbell)
            if doorbell.isOnFeed { feeds[doorbell.session.scope] = text }
        }
        for (scope, text) in feeds { send("PUBLISH", RedisCommand("PUBLISH", StreamNames.feed(scope), text)) }
    }

    /// Publishes a doorbell for its session; returns its text.
    private func publish(_ doorbell: Doorbell) -> String {
        let session = StreamNames.session(doorbell.session)
        for event in doorbell.events { send("XADD", tail(event, of: session)) }
        if !doorbell.events.isEmpty {
            var renewal = RedisCommand("EXPIRE", session)
            renewal.add(configuration.tailSeconds)
            send("EXPIRE", renewal)
        }
        let text = DoorbellMessage.text(doorbell, from: configuration.node)
        send("PUBLISH", RedisCommand("PUBLISH", session, text))
        return text
    }

    private func tail(_ event: RecordedEvent, of session: String) -> RedisCommand {
        var command = RedisCommand("XADD", session)
        command.reserve(bytes: event.data.count + 128)
        // There are no more entries than events before it.
        if event.sequence > configuration.tailLength {
            command.add("MAXLEN")
            command.add("~")
            command.add(configuration.tailLength)
        }
        command.add("\(event.sequence)-0")
        command.add("type")
        command.add(event.type.text)
        command.add("time")
        command.add(event.time.milliseconds)
        command.add("data")
        command.add(event.data)
        return command
    }

    private func send(_ name: String, _ command: RedisCommand) {
        client.send(command) { [troubles] outcome in
            switch outcome {
            case .success: troubles.succeeded(name)
            // Somebody wrote this event, or a later one, before: an owner that lost the shard was late.
            case .failure(.refused(let refusal)) where refusal.isLateEntry: troubles.succeeded(name)
            case .failure(let error):
                troubles.failed(name, error)
                troubles.drop()
            }
        }
    }

    package func nextDoorbells() async -> [Doorbell] { await local.nextDoorbells() }

    package func deliver(_ delivery: CommandDelivery) {
        guard client.takesCommands else { return missed(delivery) }
        client.send(DeliveryEntry.append(delivery, maximumLength: configuration.commandStreamLength)) { outcome in
            switch outcome {
            case .success: self.troubles.succeeded("XADD")
            case .failure(let error):
                self.troubles.failed("XADD", error)
                self.missed(delivery)
            }
        }
    }

    /// Takes the short way if this node serves the shard; else its owner's sweep finds the command.
    private func missed(_ delivery: CommandDelivery) {
        troubles.drop()
        if reader.serves(delivery.session.key.shard) { local.deliver(delivery) }
    }

    package func nextDeliveries() async -> [CommandDelivery] { await local.nextDeliveries() }

    package func acknowledge(_ delivery: CommandDelivery) {
        if acknowledgements.finish(delivery.command) { reader.acknowledgeAtEndOfTurn() }
    }

    package func bury(_ delivery: CommandDelivery) {
        guard client.takesCommands else { return troubles.drop() }
        send("XADD", DeliveryEntry.bury(delivery, maximumLength: configuration.commandStreamLength))
    }

    package func announce(_ command: StoredCommandID, to node: NodeName) {
        if node == configuration.node { return announcements.put(command) }
        guard client.takesCommands else { return troubles.drop() }
        send("PUBLISH", RedisCommand("PUBLISH", StreamNames.outcomes(node), command.description))
    }

    package func nextAnnouncements() async -> [StoredCommandID] { await announcements.takeAll() }

    package func serve(_ shards: [Shard]) {
        for channel in listener.serve(shards) { _ = client.subscribe(channel) }
        reader.serve(shards)
    }

    package func watch(_ topic: DoorbellTopic) {
        // Beyond the bound of channels the comparison of heads with the journal remains.
        if let channel = listener.watch(topic) { _ = client.subscribe(channel) }
    }

    package func unwatch(_ topic: DoorbellTopic) {
        if let channel = listener.unwatch(topic) { client.unsubscribe(channel) }
    }

    package var problem: String? {
        let status = client.status
        if let failure = status.failure { return "Redis is away: \(failure)" }
        return status.isUp ? troubles.text : "Redis is not connected yet"
    }

    /// How the connections are doing.
    package var status: RedisStatus { client.status }

    /// How many doorbells, deliveries and announcements, or parts of them, did not reach Redis: it was away or refused
    /// them, or too much was under way.
    package var dropped: Int { troubles.dropped }

    package func close() {
        // What was rung before goes out before.
        loop.run { self.publish() }
        local.close()
        announcements.close()
        reader.close()
        client.beginClosing()
    }

    /// Closes, and waits until the connections are gone and nothing is under way.
    package func shutDown() async {
        close()
        await client.close()
        await reading.value
    }
}

extension RedisRefusal {
    /// XADD with an id that is not behind the last one.
    fileprivate var isLateEntry: Bool {
        code == "ERR" && message.hasPrefix("The ID specified in XADD is equal or smaller")
    }
}
