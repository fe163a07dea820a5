package import EventLoop

/// A bounded set of connections for one purpose, and a bounded queue before them.
///
/// Everything happens on one loop; callers may be anywhere. Connections are made at once, kept open, and made again
/// after a cut with pauses that grow and vary. It knows nothing of what it stores.
// Proof for @unchecked Sendable: the `let`s are Sendable and never change; every variable is touched only on the
// loop's thread, which all entry points change to before they touch one.
package final class PostgresPool: @unchecked Sendable {
    /// Whom it connects to and within which bounds.
    package let configuration: PostgresConfiguration
    let loop: EventLoop

    // Below: only on the loop's thread.
    var connections: [Connection] = []
    /// What waits for a connection, the oldest first.
    var waiting: [Work] = []
    var waitingBytes = 0
    var lastFailure: PostgresConnectFailure?
    /// Who waits for the first connection, or for the reason why there is none.
    var readiness: [CheckedContinuation<PostgresConnectFailure?, Never>] = []
    var ticker: EventWatch?
    var hook: EventLoopHook?
    var isClosed = false
    var closeDeadline = ContinuousClock.now
    var closers: [CheckedContinuation<Void, Never>] = []

    private init(_ configuration: PostgresConfiguration, on loop: EventLoop) {
        self.configuration = configuration
        self.loop = loop
    }

    /// Makes a pool, whose connections are then made in the background; it is to be closed before the loop is stopped.
    ///
    /// Throws `connectionStringUnreadable`.
    package static func open(
        _ configuration: PostgresConfiguration, on loop: EventLoop
    ) throws(PostgresConnectFailure) -> PostgresPool {
        guard ConnectionHandle.canRead(configuration.connectionString) else { throw .connectionStringUnreadable }
        let pool = PostgresPool(configuration, on: loop)
        loop.run { pool.start() }
        return pool
    }

    private func start() {
        connections = (0..<max(1, configuration.limits.connections)).map { Connection(pool: self, slot: $0) }
        // The hook holds the pool for as long as libevent has addresses of its connections.
        hook = loop.addRoundHook(atStop: { self.closeNow() }, { false })
        ticker = loop.schedule(every: PostgresLimits.tick) { self.tick() }
        for connection in connections { connection.connect() }
    }

    /// Waits until one connection stands, or throws why the next attempt failed; the pool tries on in either case.
    package func ready() async throws(PostgresConnectFailure) {
        let failure: PostgresConnectFailure? = await withCheckedContinuation { continuation in
            loop.run {
                if self.isClosed {
                    continuation.resume(returning: .lost)
                } else if self.status.connected > 0 {
                    continuation.resume(returning: nil)
                } else {
                    self.readiness.append(continuation)
                }
            }
        }
        if let failure { throw failure }
    }

    /// Refuses whatever comes from now on, and what waits; ends when what was sent is answered, or its time is over.
    package func close() async {
        await withCheckedContinuation { continuation in
            loop.run {
                self.beginClosing()
                self.closers.append(continuation)
                self.finishClosing()
            }
        }
    }

    /// How the pool is doing, for readiness and metrics.
    package func statusNow() async -> PostgresPoolStatus {
        await withCheckedContinuation { continuation in
            loop.run { continuation.resume(returning: self.status) }
        }
    }

    private var status: PostgresPoolStatus {
        PostgresPoolStatus(
            connected: connections.count { if case .up = $0.state { true } else { false } },
            underWay: connections.reduce(0) { $0 + $1.sent.count },
            waiting: waiting.count, waitingBytes: waitingBytes, lastFailure: lastFailure)
    }
}

/// How a pool is doing.
package struct PostgresPoolStatus: Sendable, Equatable {
    /// How many connections stand.
    package let connected: Int
    /// How many segments are sent and not answered.
    package let underWay: Int
    /// How many segments wait for a connection.
    package let waiting: Int
    /// How many bytes these have.
    package let waitingBytes: Int
    /// Why a connection was cut or not made, last time; nil once one stands again.
    package let lastFailure: PostgresConnectFailure?
}
