import HoldpointCore
import HoldpointPorts

/// Takes stored commands to the sessions that they are for: reads the streams, wakes or rebuilds the session, lets it
/// continue, and acknowledges after the commit (I3).
///
/// The streams only hurry things; the sweep finds every stored command that has no outcome.
actor HITLRouter {
    private let services: SessionServices
    private let directory: SessionDirectory
    private let codec: StoredCommandCodec
    /// Commands under way, so that a sweep does not take up what a delivery brought.
    private var underWay: Set<StoredCommandID> = []
    private var watchers: [StoredCommandID: [Signal]] = [:]
    /// While true, each attempt is counted before it begins, since it may be the process's last (I10).
    private var countsFirst = false
    /// Those counted in this life: an attempt that the store or the node cut short is not counted a second time.
    private var counted: Set<StoredCommandID> = []

    nonisolated private let executor: any Actor

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.unownedExecutor }

    init(services: SessionServices, directory: SessionDirectory) {
        self.services = services
        executor = services.ports.executors.executor()
        self.directory = directory
        codec = StoredCommandCodec(secretBox: services.ports.secretBox)
    }

    func setCountsFirst(_ value: Bool) {
        countsFirst = value
        counted = []
    }

    /// A signal that is set when the command gets its outcome.
    func watch(_ id: StoredCommandID) -> Signal {
        let signal = Signal(on: executor)
        watchers[id, default: []].append(signal)
        return signal
    }

    /// Forgets a signal, whether it was set or not.
    func unwatch(_ id: StoredCommandID, _ signal: Signal) {
        watchers[id]?.removeAll { $0 === signal }
        if watchers[id]?.isEmpty == true { watchers[id] = nil }
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

    /// Decides every stored command without an outcome, oldest first within each session.
    func sweep() async {
        var last: StoredCommandID?
        let shards = await services.ownership.shards()
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
        guard
            let found = try? await services.ports.journal.storedCommand(
                delivery.command, in: delivery.session.scope)
        else { return }
        if found.outcome == nil { await route(found.command) }
        services.ports.streams.acknowledge(delivery)
    }

    /// Brings one stored command to its outcome; leaves it for the sweep where the store or the node is to blame.
    private func route(_ command: StoredCommand) async {
        guard underWay.insert(command.id).inserted else { return }
        defer { underWay.remove(command.id) }
        do {
            if countsFirst, !counted.contains(command.id) {
                if try await countAttempt(command) { return }
                counted.insert(command.id)
            }
            _ = try await carryOut(command)
            counted.remove(command.id)
            await tell(command.id)
        } catch .failed(let reason) {
            // Counted before it began, or now: either way each attempt counts once.
            if !countsFirst || !counted.contains(command.id) { _ = try? await countAttempt(command, reason: reason) }
            counted.remove(command.id)
        } catch {
            // The store is away, the shard moved, or the commit is in doubt: none of it is the command's fault.
            return
        }
    }

    /// Counts an attempt; true if it was one too many, and the command is given up.
    private func countAttempt(
        _ command: StoredCommand, reason: String = "it was under way each time the process died"
    ) async throws(SessionFailure) -> Bool {
        let journal = services.ports.journal
        do {
            let count = try await journal.countAttempt(command.id, in: command.session.scope)
            let limit = services.configuration.attempts
            guard countsFirst ? count > limit : count >= limit else { return false }
            let dead = DecidedCommand(id: command.id, outcome: .dead(reason))
            _ = try await journal.decide(dead, in: command.session.scope)
        } catch {
            throw SessionFailure(error)
        }
        await tell(command.id)
        return true
    }

    private func carryOut(_ command: StoredCommand) async throws(SessionFailure) -> CommandOutcome {
        var envelope = try codec.open(command)
        let identity = command.session
        if let start = envelope.command as? StartChild {
            guard try await isAwaited(start, in: identity.scope) else { return try await drop(command) }
            switch try await ChildStarter(services: services).resolve(start, in: identity.scope) {
            case .start(let resolved): envelope.command = resolved
            case .refused(let error): return try await refuse(command, start, error)
            }
        }
        let found = try await directory.session(identity.key, in: identity.scope)
        do throws(SessionFailure) {
            // Whoever starts a session and ends it soon after would find it running: the start goes first.
            if !(envelope.command is StartSession), await found?.isStarted != true,
                try await isStartUndecided(of: identity)
            {
                throw .unavailable("the session's start is not decided yet")
            }
            if let found { return try await directory.perform(envelope, on: found) }
            return try await begin(identity, with: envelope)
        } catch .sessionExists(let key) {
            guard let other = try await directory.session(key, in: identity.scope) else {
                throw .unavailable("the session is not readable yet")
            }
            return try await directory.perform(envelope, on: other)
        }
    }

    /// Whether the parent still waits for the child; if it ended or gave it up meanwhile, nobody needs it.
    private func isAwaited(_ start: StartChild, in scope: Scope) async throws(SessionFailure) -> Bool {
        guard let parent = try await directory.session(start.parent.key, in: scope) else { return false }
        return try await parent.awaits(child: start.parent.effect)
    }

    private func drop(_ command: StoredCommand) async throws(SessionFailure) -> CommandOutcome {
        try await settle(command, Rejection(.sessionFinished, "the workflow that wanted it does not wait for it"))
    }

    /// Whether a session that has not begun has a stored start without an outcome.
    private func isStartUndecided(of identity: SessionIdentity) async throws(SessionFailure) -> Bool {
        do {
            let waiting = try await services.ports.journal.undecided(
                of: identity.key, in: identity.scope, limit: services.configuration.sweepPage)
            return waiting.contains { [StartSession.kind, StartChild.kind].contains($0.kind) }
        } catch {
            throw SessionFailure(error)
        }
    }

    /// Tells the parent of a child that cannot start, and then gives the start its outcome: twice is as good as once.
    private func refuse(
        _ command: StoredCommand, _ start: StartChild, _ error: WorkflowError
    ) async throws(SessionFailure) -> CommandOutcome {
        let scope = command.session.scope
        if let parent = try await directory.session(start.parent.key, in: scope) {
            let ending = EndChild(child: start.parent.effect, ending: .failed(error.json))
            guard case .applied = try await directory.perform(CommandEnvelope(command: ending), on: parent) else {
                // A parent in quarantine learns it when an operator has resumed it.
                throw .unavailable("the session's parent cannot be told now")
            }
        }
        return try await settle(command, Rejection(.agentUnknown, error.detail ?? "the workflow cannot start"))
    }

    /// Gives a stored command its outcome where no session decides it.
    private func settle(
        _ command: StoredCommand, _ rejection: Rejection
    ) async throws(SessionFailure) -> CommandOutcome {
        do {
            let refused = DecidedCommand(id: command.id, outcome: .refused(rejection))
            _ = try await services.ports.journal.decide(refused, in: command.session.scope)
        } catch {
            throw SessionFailure(error)
        }
        return .rejected(rejection)
    }

    /// Starts a session; lets it go again if it was not begun here after all.
    private func begin(
        _ identity: SessionIdentity, with envelope: CommandEnvelope
    ) async throws(SessionFailure) -> CommandOutcome {
        let begun = await directory.begin(identity)
        do {
            let outcome = try await directory.perform(envelope, on: begun)
            if !outcome.isNewSession { await directory.dismiss(begun) }
            return outcome
        } catch {
            await directory.dismiss(begun)
            throw error
        }
    }

    private func tell(_ id: StoredCommandID) async {
        for signal in watchers.removeValue(forKey: id) ?? [] { await signal.set() }
    }
}
