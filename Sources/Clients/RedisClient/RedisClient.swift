package import EventLoop

/// What a client listens to.
package struct RedisListening: Sendable {
    /// A channel that it always listens to, so that there is one to try the connection with.
    package let anchor: String
    /// Gets what comes, in order, on the loop; it must be quick.
    package let receive: @Sendable (RedisPush) -> Void

    package init(anchor: String, receive: @escaping @Sendable (RedisPush) -> Void) {
        self.anchor = anchor
        self.receive = receive
    }
}

/// What comes from a subscription.
package enum RedisPush: Sendable, Hashable {
    /// A message.
    case message(channel: String, payload: [UInt8])
    /// From now on messages of this channel come; those before, or since the connection was cut, may be missing.
    ///
    /// The anchor brings none.
    case subscribed(channel: String)
}

/// Connections to one Redis: one for short commands, one for reads that block, and one that listens.
///
/// Everything happens on one loop; callers may be anywhere. Connections are made at once, kept open, and made again
/// after a cut with pauses that grow and vary. It knows nothing of what it stores.
// Proof for @unchecked Sendable: the `let`s are Sendable; every variable is touched only on the loop's thread, which
// all entry points change to before they touch one.
package final class RedisClient: @unchecked Sendable {
    /// Whom it connects to and within which bounds.
    package let configuration: RedisConfiguration
    private let loop: EventLoop
    private let commands: CommandQueue
    private let reads: CommandQueue
    private let subscriptions: Subscriptions?
    private let reports: [Connection]

    // Below: only on the loop's thread.
    /// Who waits until all connections stand, or for the reason why one does not.
    private var readiness: [CheckedContinuation<RedisConnectFailure?, Never>] = []
    private var ticker: EventWatch?
    private var hook: EventLoopHook?
    private var isClosed = false
    private var closers: [CheckedContinuation<Void, Never>] = []

    private init(_ configuration: RedisConfiguration, _ listening: RedisListening?, on loop: EventLoop) {
        self.configuration = configuration
        self.loop = loop
        let change = Locked<@Sendable () -> Void>({})
        let didChange: @Sendable () -> Void = { change.withLock { $0 }() }
        commands = CommandQueue(on: loop, limits: configuration.limits, didChange: didChange)
        reads = CommandQueue(on: loop, limits: configuration.limits, didChange: didChange)
        subscriptions = listening.map {
            Subscriptions(on: loop, limits: configuration.limits, listening: $0, didChange: didChange)
        }
        let owners: [any ConnectionOwner] = [commands, reads] + (subscriptions.map { [$0] } ?? [])
        reports = owners.map { Connection(configuration, owner: $0, on: loop) }
        change.withLock { $0 = { [weak self] in self?.connectionsChanged() } }
    }

    /// Makes a client, whose connections are then made in the background; it is to be closed before the loop stops.
    ///
    /// - Parameter listening: What it listens to; nil for nothing, and no connection for it.
    package static func open(
        _ configuration: RedisConfiguration, listening: RedisListening? = nil, on loop: EventLoop
    ) -> RedisClient {
        let client = RedisClient(configuration, listening, on: loop)
        loop.run { client.start() }
        return client
    }

    private func start() {
        // The hook holds the client for as long as libevent has addresses of its connections.
        hook = loop.addRoundHook(atStop: { self.closeNow() }, { false })
        ticker = loop.schedule(every: RedisLimits.tick) { self.tick() }
        commands.start(reports[0])
        reads.start(reports[1])
        subscriptions?.start(reports[2])
    }

    /// Sends a short command and waits for its reply, or hears at once why it cannot be sent.
    ///
    /// Commands leave in the order in which they are handed over, all those of one turn of the loop together. A command
    /// must not block, nor change what the connection is for (SUBSCRIBE, MONITOR); while the first connection is made
    /// it waits. A cancelled task waits on: there is a limit of time.
    package func run(_ command: RedisCommand) async throws(RedisError) -> RedisReply {
        let outcome: Result<RedisReply, RedisError> = await withCheckedContinuation { continuation in
            send(command) { continuation.resume(returning: $0) }
        }
        return try outcome.get()
    }

    /// Sends short commands one behind the other and waits for all their outcomes, in the same order.
    package func runAll(_ commands: [RedisCommand]) async -> [Result<RedisReply, RedisError>] {
        guard !commands.isEmpty else { return [] }
        return await withCheckedContinuation { continuation in
            let outcomes = Locked<(all: [Result<RedisReply, RedisError>], due: Int)>(
                (commands.map { _ in .failure(.closed) }, commands.count))
            for (index, command) in commands.enumerated() {
                send(command) { outcome in
                    let all = outcomes.withLock { outcomes -> [Result<RedisReply, RedisError>]? in
                        outcomes.all[index] = outcome
                        outcomes.due -= 1
                        return outcomes.due == 0 ? outcomes.all : nil
                    }
                    if let all { continuation.resume(returning: all) }
                }
            }
        }
    }

    /// Sends a short command; `completion` runs on the loop, or before this returns if the command cannot be sent.
    package func send(
        _ command: RedisCommand, _ completion: @escaping @Sendable (Result<RedisReply, RedisError>) -> Void
    ) {
        commands.submit(command, silenceLimit: configuration.limits.silenceLimit, completion)
    }

    /// Sends a command that may block at the server for so long, on a connection of its own; one after the other.
    package func runBlocking(_ command: RedisCommand, for duration: Duration) async throws(RedisError) -> RedisReply {
        let limit = duration + configuration.limits.silenceLimit
        let outcome: Result<RedisReply, RedisError> = await withCheckedContinuation { continuation in
            reads.submit(command, silenceLimit: limit) { continuation.resume(returning: $0) }
        }
        return try outcome.get()
    }

    /// Listens to a channel from now on, and again after each cut; false if there are too many, or if the client does
    /// not listen at all.
    package func subscribe(_ channel: String) -> Bool { subscriptions?.subscribe(channel) ?? false }

    /// Listens to a channel no more; messages that are on their way may still come.
    package func unsubscribe(_ channel: String) { subscriptions?.unsubscribe(channel) }

    /// Whether commands can be sent now, or may be soon: false from a cut until the connection stands again.
    package var takesCommands: Bool { commands.takesCommands }

    /// How the client is doing; from any thread.
    package var status: RedisStatus {
        let load = commands.load
        return RedisStatus(
            commands: reports[0].report.withLock { $0 }, reads: reports[1].report.withLock { $0 },
            subscriptions: reports.count > 2 ? reports[2].report.withLock { $0 } : nil,
            pending: load.pending, pendingBytes: load.bytes)
    }

    /// Waits until every connection stands, or throws why the next attempt failed; the client tries on in either case.
    package func ready() async throws(RedisConnectFailure) {
        let failure: RedisConnectFailure? = await withCheckedContinuation { continuation in
            loop.run {
                if self.isClosed {
                    continuation.resume(returning: .lost)
                } else if self.status.isUp {
                    continuation.resume(returning: nil)
                } else {
                    self.readiness.append(continuation)
                }
            }
        }
        if let failure { throw failure }
    }

    /// Begins what `close()` does, without waiting for its end.
    package func beginClosing() {
        loop.run {
            self.refuse()
            self.finishClosing(atOnce: false)
        }
    }

    /// Refuses whatever comes from now on; ends when what was sent is answered, or its time is over.
    ///
    /// A read that blocks is cut.
    package func close() async {
        await withCheckedContinuation { continuation in
            loop.run {
                self.refuse()
                self.closers.append(continuation)
                self.finishClosing(atOnce: false)
            }
        }
    }
}

extension RedisClient {
    private func tick() {
        let now = ContinuousClock.now
        for queue in [commands, reads] { queue.connection?.tick(now) }
        subscriptions?.tick(now)
        if isClosed { finishClosing(atOnce: false) }
    }

    private func connectionsChanged() {
        let status = status
        if status.isUp { return tellReadiness(nil) }
        if let failure = status.failure { tellReadiness(failure) }
        if isClosed { finishClosing(atOnce: false) }
    }

    private func tellReadiness(_ failure: RedisConnectFailure?) {
        let waiters = readiness
        readiness = []
        for waiter in waiters { waiter.resume(returning: failure) }
    }

    private func refuse() {
        guard !isClosed else { return }
        isClosed = true
        for queue in [commands, reads] { queue.beginClosing() }
        subscriptions?.close()
        tellReadiness(.lost)
    }

    private func finishClosing(atOnce: Bool) {
        // A read may block for long, and what it would bring is not lost.
        _ = reads.finishClosing(atOnce: true)
        guard commands.finishClosing(atOnce: atOnce) else { return }
        ticker?.cancel()
        ticker = nil
        if let hook { loop.removeRoundHook(hook) }
        hook = nil
        let waiters = closers
        closers = []
        for waiter in waiters { waiter.resume() }
    }

    /// Ends everything at once: the loop is about to end.
    private func closeNow() {
        refuse()
        hook = nil
        finishClosing(atOnce: true)
    }
}
