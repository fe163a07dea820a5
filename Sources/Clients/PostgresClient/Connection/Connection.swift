import CPostgres
import EventLoop

/// One connection of a pool: it stays when libpq's is cut, and makes a new one.
// Proof for @unchecked Sendable: the `let`s are Sendable and never change; every variable is touched only on the
// pool's loop.
final class Connection: @unchecked Sendable {
    enum State {
        /// Waits for its next attempt.
        case down
        case connecting
        /// Connected; its settings are under way.
        case settling
        case up
        case closed
    }

    /// What the server answers next, in this order.
    enum Expected {
        case preparation(statement: Int)
        case preparationSync
        case statement(Int)
        case end
    }

    /// A segment that was sent, and how much of its answer has come.
    struct Sent {
        let work: Work
        var expected: [Expected]
        var position = 0
        /// The present statement has given something, so that its end may come.
        var hasResult = false
    }

    let pool: PostgresPool
    let slot: Int

    var state = State.down
    var handle: ConnectionHandle?
    var readWatch: EventWatch?
    var writeWatch: EventWatch?
    var pauseWatch: EventWatch?
    /// The oldest first.
    var sent: [Sent] = []
    /// The name and the parameters' types under which a statement is prepared, by its number.
    var prepared: [Int: (name: String, types: [UInt32])] = [:]
    var preparedCount = 0
    var reservation: PostgresTransaction?
    /// A cancel request is under way; it would hit whatever were sent now.
    var isCancelling = false
    /// The reader of a stream is slow: nothing is read from the socket.
    var isPaused = false
    /// A thread looks up the host's name.
    var isStarting = false
    var failedAttempts = 0
    /// Raised with each attempt, so that what belongs to an earlier one is known as such.
    var generation = 0
    var connectDeadline = ContinuousClock.now
    var lastProgress = ContinuousClock.now

    init(pool: PostgresPool, slot: Int) {
        self.pool = pool
        self.slot = slot
    }

    var loop: EventLoop { pool.loop }
    var limits: PostgresLimits { pool.configuration.limits }

    /// Whether a segment may be sent now.
    func canTake(_ work: Work) -> Bool {
        guard case .up = state, reservation == nil, !isCancelling else { return false }
        if let slot = work.slot, slot != self.slot { return false }
        if sent.isEmpty { return true }
        return !work.isExclusive && !sent[0].work.isExclusive && sent.count < limits.pipelineDepth
    }

    /// Whether it can be closed without a loss.
    var isDrained: Bool { sent.isEmpty && reservation == nil }

    /// Looks at its limits of time.
    func tick(_ now: ContinuousClock.Instant) {
        switch state {
        case .connecting, .settling:
            if now > connectDeadline { drop(.timedOut) }
        case .up:
            let limit = limits.statementLimit + limits.silenceGrace
            if !sent.isEmpty, !isPaused, now > lastProgress + limit { drop(.lost) }
        case .down, .closed: break
        }
    }

    /// Lets libpq's connection go, gives everything that was sent its outcome, and tries again after a pause.
    func drop(_ failure: PostgresConnectFailure) {
        if case .closed = state { return }
        let hadSettled = if case .up = state { true } else { false }
        release()
        state = .down
        if hadSettled { failedAttempts = 0 }
        pool.didFail(failure)
        // A pool that closes has let go of this connection by now.
        guard case .down = state else { return }
        let pause = pauseBeforeNextAttempt()
        failedAttempts += 1
        pauseWatch = loop.schedule(after: pause) { self.connect() }
    }

    /// Lets libpq's connection go for good.
    func close() {
        release()
        pauseWatch?.cancel()
        pauseWatch = nil
        state = .closed
    }

    private func release() {
        generation += 1
        // libevent must let go of the socket before libpq closes it.
        for watch in [readWatch, writeWatch] { watch?.cancel() }
        readWatch = nil
        writeWatch = nil
        handle = nil
        prepared = [:]
        preparedCount = 0
        isPaused = false
        reservation?.connection = nil
        reservation = nil
        let lost = sent
        sent = []
        for one in lost { one.work.complete(.failure(one.work.failure ?? one.work.ifCut)) }
    }

    /// Twice as long after each failure, drawn from the upper half so that nodes do not come back in step.
    private func pauseBeforeNextAttempt() -> Duration {
        let doubled = limits.shortestPause * (1 << min(failedAttempts, 16))
        return min(doubled, limits.longestPause) * Double.random(in: 0.5...1)
    }
}
