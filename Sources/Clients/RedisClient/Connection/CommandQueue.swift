import EventLoop

/// Takes commands from anywhere and sends those of one turn of the loop together.
// Proof for @unchecked Sendable: `inbox` is a lock and `loop` Sendable; `connection` and `waiting` are touched only on
// the loop's thread, after `start`, which is called once before anybody else has the queue.
final class CommandQueue: ConnectionOwner, @unchecked Sendable {
    typealias Completion = @Sendable (Result<RedisReply, RedisError>) -> Void

    struct Submission {
        let command: RedisCommand
        let silenceLimit: Duration
        let completion: Completion
    }

    private struct Inbox {
        var submissions: [Submission] = []
        var pending = 0
        var pendingBytes = 0
        /// Why nothing can be sent; nil while it can, or may soon.
        var away: RedisConnectFailure?
        var isClosed = false

        /// Why a command cannot be taken.
        func objection(to command: RedisCommand, _ limits: RedisLimits) -> RedisError? {
            if isClosed { return .closed }
            if command.byteCount > limits.maximumCommandBytes { return .overloaded(.maximumCommandBytes) }
            if let away { return .unavailable(away) }
            if pending >= limits.maximumPending { return .overloaded(.maximumPending) }
            if pendingBytes + command.byteCount > limits.maximumPendingBytes {
                return .overloaded(.maximumPendingBytes)
            }
            return nil
        }
    }

    private let loop: EventLoop
    private let limits: RedisLimits
    private let inbox = Locked(Inbox())
    private let didChange: @Sendable () -> Void

    // Below: only on the loop's thread.
    private(set) var connection: Connection?
    /// What came while the first connection is made.
    private var waiting: [Submission] = []

    init(on loop: EventLoop, limits: RedisLimits, didChange: @escaping @Sendable () -> Void) {
        self.loop = loop
        self.limits = limits
        self.didChange = didChange
    }

    func start(_ connection: Connection) {
        self.connection = connection
        connection.connect()
    }

    /// Whether a command would be taken, as far as the connection is concerned.
    var takesCommands: Bool { inbox.withLock { $0.away == nil && !$0.isClosed } }

    /// How many commands are not answered, and how many bytes these have.
    var load: (pending: Int, bytes: Int) { inbox.withLock { ($0.pending, $0.pendingBytes) } }

    /// Takes a command, or says at once why not; from any thread.
    ///
    /// The completion runs on the loop, or before this returns.
    func submit(_ command: RedisCommand, silenceLimit: Duration, _ completion: @escaping Completion) {
        let (objection, isFirst) = inbox.withLock { inbox -> (RedisError?, Bool) in
            if let objection = inbox.objection(to: command, limits) { return (objection, false) }
            inbox.pending += 1
            inbox.pendingBytes += command.byteCount
            inbox.submissions.append(
                Submission(command: command, silenceLimit: silenceLimit, completion: completion))
            return (nil, inbox.submissions.count == 1)
        }
        if let objection { return completion(.failure(objection)) }
        if isFirst { loop.executeAtEndOfTurn { self.drain() } }
    }

    private func drain() {
        let taken = inbox.withLock { inbox -> [Submission] in
            defer { inbox.submissions = [] }
            return inbox.submissions
        }
        guard let connection, !taken.isEmpty else { return }
        if connection.isUp { return send(taken, on: connection) }
        let (away, isClosed) = inbox.withLock { ($0.away, $0.isClosed) }
        guard away == nil, !isClosed else {
            for one in taken { finish(one, .failure(away.map { .unavailable($0) } ?? .closed)) }
            return
        }
        waiting += taken
    }

    private func send(_ submissions: [Submission], on connection: Connection) {
        connection.gather {
            for one in submissions {
                connection.send(one.command, silenceLimit: one.silenceLimit) { self.finish(one, $0) }
            }
        }
    }

    private func finish(_ submission: Submission, _ outcome: Result<RedisReply, RedisError>) {
        inbox.withLock {
            $0.pending -= 1
            $0.pendingBytes -= submission.command.byteCount
        }
        submission.completion(outcome)
    }

    func didConnect() {
        inbox.withLock { $0.away = nil }
        let ready = waiting
        waiting = []
        if let connection { send(ready, on: connection) }
        didChange()
    }

    func didFail(_ failure: RedisConnectFailure) {
        inbox.withLock { $0.away = failure }
        let refused = waiting
        waiting = []
        for one in refused { finish(one, .failure(.unavailable(failure))) }
        didChange()
    }

    func didReceivePush(_ push: RedisReply) {}

    /// Refuses whatever comes from now on, and what waits.
    func beginClosing() {
        inbox.withLock { $0.isClosed = true }
        let refused = waiting
        waiting = []
        for one in refused { finish(one, .failure(.closed)) }
    }

    /// Lets the connection go if it has answered everything, or in any case; true once it is gone.
    func finishClosing(atOnce: Bool) -> Bool {
        guard let connection else { return true }
        drain()
        guard atOnce || !connection.isUp || !connection.hasUnanswered else { return false }
        connection.close()
        self.connection = nil
        return true
    }
}
