import EventLoop
import HoldpointCore
import HoldpointPorts
import RedisClient

/// Reads the deliveries of the shards that this node serves, and reclaims what others took and did not finish.
actor ShardReader {
    private let configuration: RedisStreamsConfiguration
    private let client: RedisClient
    private let local: any StreamBus
    private let acknowledgements: Acknowledgements
    private let troubles: Troubles
    private let loop: EventLoop
    /// What is served, for any thread.
    private nonisolated let served = Locked<Set<Shard>>([])

    /// The streams that are read, and the command for it.
    private var streams: [CommandStream] = []
    private var read: RedisCommand?
    /// The streams whose group may not exist, and whose unfinished deliveries are to be reclaimed first.
    private var gained: Set<CommandStream> = []
    private var lastReclaim = ContinuousClock.now
    private var isClosed = false
    /// How often something changed that may end a pause.
    private var changes = 0
    private var waiter: CheckedContinuation<Void, Never>?

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(
        _ configuration: RedisStreamsConfiguration, client: RedisClient, local: any StreamBus,
        acknowledgements: Acknowledgements, troubles: Troubles, on loop: EventLoop
    ) {
        self.configuration = configuration
        self.client = client
        self.local = local
        self.acknowledgements = acknowledgements
        self.troubles = troubles
        self.loop = loop
    }

    nonisolated func serves(_ shard: Shard) -> Bool { served.withLock { $0.contains(shard) } }

    nonisolated func serve(_ shards: [Shard]) {
        let shards = Set(shards)
        served.withLock { $0 = shards }
        acknowledgements.forget(except: shards)
        loop.run { self.assumeIsolated { $0.take(shards) } }
    }

    nonisolated func acknowledgeAtEndOfTurn() {
        loop.executeAtEndOfTurn { self.assumeIsolated { $0.acknowledge() } }
    }

    nonisolated func close() {
        loop.run { self.assumeIsolated { $0.end() } }
    }

    /// Reads until it is closed.
    func run() async {
        while !isClosed {
            let seen = changes
            if !streams.isEmpty, client.status.isUp, await prepare() {
                await readOnce()
            } else {
                await pause(unlessChangedSince: seen)
            }
        }
    }

    private func take(_ shards: Set<Shard>) {
        let all = CommandStream.all(of: shards.sorted())
        gained = gained.intersection(all).union(Set(all).subtracting(streams))
        streams = all
        read = all.isEmpty ? nil : readCommand(all)
        wake()
    }

    private func end() {
        isClosed = true
        wake()
    }

    /// Waits for a change, or for a moment if something is to be tried again.
    ///
    /// A change may come between the decision to wait and the wait itself.
    private func pause(unlessChangedSince seen: Int) async {
        if !streams.isEmpty {
            loop.schedule(after: RedisStreamsConfiguration.retryPause) { self.assumeIsolated { $0.wake() } }
        }
        await withCheckedContinuation { continuation in
            if isClosed || changes != seen { continuation.resume() } else { waiter = continuation }
        }
    }

    private func wake() {
        changes += 1
        let waiter = waiter
        self.waiter = nil
        waiter?.resume()
    }

    private func acknowledge() {
        for command in acknowledgements.takeCommands() {
            client.send(command) { [troubles] outcome in
                // What could not be acknowledged comes again when it is reclaimed.
                switch outcome {
                case .success: troubles.succeeded("XACK")
                case .failure(let error): troubles.failed("XACK", error)
                }
            }
        }
    }
}

extension ShardReader {
    /// Makes the groups of new streams and reclaims what is due; false if Redis does not let it.
    private func prepare() async -> Bool {
        let new = gained.intersection(streams).sorted()
        if !new.isEmpty {
            guard await makeGroups(new) else { return false }
            gained.subtract(new)
            // Whoever owned them before may have died over these: they come to the new owner at once.
            await reclaim(new, idle: .zero)
        }
        if ContinuousClock.now - lastReclaim >= configuration.reclaimInterval {
            lastReclaim = .now
            await reclaim(streams, idle: configuration.reclaimInterval)
        }
        return true
    }

    private func makeGroups(_ streams: [CommandStream]) async -> Bool {
        // From the first entry: those that came before the group are not finished either.
        let commands = streams.map { RedisCommand("XGROUP", "CREATE", $0.name, StreamNames.group, "0", "MKSTREAM") }
        for outcome in await client.runAll(commands) {
            switch outcome {
            case .success: continue
            case .failure(.refused(let refusal)) where refusal.code == "BUSYGROUP": continue
            case .failure(let error):
                troubles.failed("XGROUP", error)
                return false
            }
        }
        troubles.succeeded("XGROUP")
        return true
    }

    private func reclaim(_ streams: [CommandStream], idle: Duration) async {
        var due = streams.map { (stream: $0, cursor: "0-0") }
        while !due.isEmpty, !isClosed {
            let outcomes = await client.runAll(due.map { reclaimCommand($0.stream, from: $0.cursor, idle: idle) })
            var next: [(stream: CommandStream, cursor: String)] = []
            for (place, outcome) in zip(due, outcomes) {
                switch outcome {
                case .success(let reply):
                    troubles.succeeded("XAUTOCLAIM")
                    guard let parts = reply.elements, parts.count >= 2 else { continue }
                    take(parts[1].elements ?? [], of: place.stream)
                    if let cursor = parts[0].text, cursor != "0-0" { next.append((place.stream, cursor)) }
                case .failure(.refused(let refusal)) where refusal.code == "NOGROUP":
                    gained.insert(place.stream)
                case .failure(let error): troubles.failed("XAUTOCLAIM", error)
                }
            }
            due = next
        }
    }

    private func readOnce() async {
        guard let read else { return }
        do throws(RedisError) {
            let reply = try await client.runBlocking(read, for: configuration.readWait)
            troubles.succeeded("XREADGROUP")
            for stream in reply.elements ?? [] {
                guard let parts = stream.elements, parts.count == 2,
                    let name = parts[0].text.flatMap({ CommandStream(name: $0) })
                else { continue }
                take(parts[1].elements ?? [], of: name)
            }
        } catch {
            await recover(from: error)
        }
    }

    private func recover(from error: RedisError) async {
        switch error {
        case .refused(let refusal) where ["NOGROUP", "UNBLOCKED"].contains(refusal.code):
            // Redis was flushed: everything is made again, and what was lost is left to the sweep.
            gained = Set(streams)
        default:
            troubles.failed("XREADGROUP", error)
            await pause(unlessChangedSince: changes)
        }
    }

    /// Hands entries over, and remembers where they came from.
    private func take(_ entries: [RedisReply], of stream: CommandStream) {
        // Another node's by now: it reclaims them.
        guard serves(stream.shard) else { return }
        for entry in entries {
            guard let parts = entry.elements, parts.count == 2, let id = parts[0].text else { continue }
            let place = Acknowledgements.Place(stream: stream, entry: id)
            if let delivery = parts[1].elements.flatMap({ DeliveryEntry.read($0, of: stream) }) {
                acknowledgements.note(delivery.command, at: place)
                local.deliver(delivery)
            } else if acknowledgements.discard(place) {
                acknowledgeAtEndOfTurn()
            }
        }
    }

    private func readCommand(_ streams: [CommandStream]) -> RedisCommand {
        var command = RedisCommand("XREADGROUP", "GROUP", StreamNames.group, configuration.node.text, "COUNT")
        command.add(RedisStreamsConfiguration.readCount)
        command.add("BLOCK")
        command.add(configuration.readWait.wholeMilliseconds)
        command.add("STREAMS")
        for stream in streams { command.add(stream.name) }
        for _ in streams { command.add(">") }
        return command
    }

    private func reclaimCommand(_ stream: CommandStream, from cursor: String, idle: Duration) -> RedisCommand {
        var command = RedisCommand("XAUTOCLAIM", stream.name, StreamNames.group, configuration.node.text)
        command.add(idle.wholeMilliseconds)
        command.add(cursor)
        command.add("COUNT")
        command.add(RedisStreamsConfiguration.reclaimCount)
        return command
    }
}

extension CommandStream: Comparable {
    package static func < (left: Self, right: Self) -> Bool {
        (left.shard, left.isAnswer ? 0 : 1) < (right.shard, right.isAnswer ? 0 : 1)
    }
}

extension Duration {
    /// In milliseconds, at least one unless it is zero: zero would make Redis wait for ever.
    fileprivate var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        let milliseconds = seconds * 1_000 + attoseconds / 1_000_000_000_000_000
        return self > .zero ? max(1, milliseconds) : 0
    }
}
