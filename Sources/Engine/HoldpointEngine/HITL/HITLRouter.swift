import HoldpointCore
import HoldpointPorts

/// Takes stored commands to the sessions that they are for: reads the streams, wakes or rebuilds the session, lets it
/// continue, and acknowledges after the commit (I3).
///
/// The streams only hurry things; the sweep finds every stored command that has no outcome.
actor HITLRouter {
    let services: SessionServices
    let directory: SessionDirectory
    let codec: StoredCommandCodec
    /// Commands under way, so that a sweep does not take up what a delivery brought.
    private var underWay: Set<StoredCommandID> = []
    /// Those whose outcome somebody at this node waits for.
    var watchers: [StoredCommandID: Watched] = [:]

    nonisolated let executor: any Actor

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.unownedExecutor }

    init(services: SessionServices, directory: SessionDirectory) {
        self.services = services
        executor = services.ports.executors.executor()
        self.directory = directory
        codec = StoredCommandCodec(secretBox: services.ports.secretBox)
    }

    /// Reads deliveries until the bus is closed.
    func readDeliveries() async {
        await withTaskGroup(of: Void.self) { group in
            var running = 0
            while true {
                let batch = await services.ports.streams.nextDeliveries()
                if batch.isEmpty { break }
                for delivery in batch {
                    if running >= services.configuration.routedAtOnce {
                        await group.next()
                        running -= 1
                    }
                    running += 1
                    group.addTask { await self.take(delivery) }
                }
            }
        }
    }

    /// Sweeps at intervals until the engine stops.
    func sweepRegularly(until stop: Signal) async {
        let clock = services.ports.clock
        while await !stop.isSet {
            await sweep()
            await stop.wait(
                orUntil: clock.now().adding(milliseconds: services.configuration.sweepMilliseconds), clock: clock)
        }
    }

    /// Decides every stored command of the shards that are served here.
    func sweep() async { await sweep(services.tenure.served) }

    /// Decides every stored command without an outcome, oldest first within each session.
    func sweep(_ shards: [Shard]) async {
        if shards.isEmpty { return }
        var last: StoredCommandID?
        while true {
            guard
                let page = try? await services.ports.journal.undecided(
                    shards: shards, after: last, limit: services.configuration.sweepPage)
            else { return }
            await decide(page)
            guard page.count == services.configuration.sweepPage else { return }
            last = page.last?.id
        }
    }

    /// Decides these stored commands: sessions side by side, one session's in their order.
    func decide(_ commands: [StoredCommand]) async {
        var bySession: [SessionKey: [StoredCommand]] = [:]
        var order: [SessionKey] = []
        for command in commands {
            if bySession[command.session.key] == nil { order.append(command.session.key) }
            bySession[command.session.key, default: []].append(command)
        }
        await withTaskGroup(of: Void.self) { group in
            for (index, key) in order.enumerated() {
                if index >= services.configuration.routedAtOnce { await group.next() }
                let queue = bySession[key] ?? []
                group.addTask {
                    for command in queue { await self.route(command) }
                }
            }
        }
    }

    private func take(_ delivery: CommandDelivery) async {
        let found: StoredCommandView?
        do {
            found = try await services.ports.journal.storedCommand(delivery.command, in: delivery.session.scope)
        } catch {
            // The store is away: it comes again, or the sweep finds it.
            return
        }
        // A command that is not there any more went with its session.
        guard let found else { return services.ports.streams.acknowledge(delivery) }
        if found.outcome == nil, await !route(found.command) { return }
        services.ports.streams.acknowledge(delivery)
        if let origin = delivery.origin, origin != services.configuration.node {
            services.ports.streams.announce(delivery.command, to: origin)
        }
    }

    /// Brings one stored command to its outcome; leaves it for the sweep where the store or the node is to blame.
    ///
    /// An attempt counts only when it has failed by itself. One that ends with the process does not: whatever was the
    /// cause of that death, the command is work that is due in the next life, and the marks of recovery find the
    /// session (I10). Nobody knows whose fault a death was before that, and a command that had only waited would be
    /// lost (I3).
    ///
    /// - Returns: whether it has its outcome now.
    @discardableResult
    private func route(_ command: StoredCommand) async -> Bool {
        guard underWay.insert(command.id).inserted else { return false }
        defer { underWay.remove(command.id) }
        do {
            _ = try await carryOut(command)
            await tell(command.id)
            return true
        } catch .failed(let reason) {
            return (try? await countAttempt(command, reason: reason)) == true
        } catch {
            // The store is away, the shard moved, or the commit is in doubt: none of it is the command's fault.
            return false
        }
    }

    /// Counts an attempt; true if it was one too many, and the command is given up.
    private func countAttempt(_ command: StoredCommand, reason: String) async throws(SessionFailure) -> Bool {
        let journal = services.ports.journal
        do {
            let count = try await journal.countAttempt(command.id, in: command.session.scope)
            guard count >= services.configuration.attempts else { return false }
            try await giveUp(command, for: reason)
        } catch {
            throw SessionFailure(error)
        }
        services.ports.streams.bury(
            CommandDelivery(command: command.id, session: command.session, isAnswer: command.isAnswer))
        await tell(command.id)
        return true
    }
}
