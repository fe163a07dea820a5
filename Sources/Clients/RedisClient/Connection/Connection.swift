import EventLoop

/// Whose connection it is.
protocol ConnectionOwner: AnyObject {
    /// It stands, and takes commands.
    func didConnect()
    /// It was cut or not made, and will be tried again; whatever was sent has had its outcome.
    func didFail(_ failure: RedisConnectFailure)
    /// A message or a change of a subscription came.
    func didReceivePush(_ push: RedisReply)
}

/// One connection, which is made again whenever it was cut.
// Proof for @unchecked Sendable: the `let`s are Sendable or touched only on the loop's thread, as every variable is;
// `report` is a lock.
final class Connection: @unchecked Sendable {
    enum State {
        /// Between two attempts.
        case down
        case connecting
        /// Connected; the first exchange is under way.
        case settling
        case up
        case closed
    }

    let loop: EventLoop
    let configuration: RedisConfiguration
    /// How it is doing, for any thread.
    let report = Locked(RedisConnectionStatus())
    private weak var owner: (any ConnectionOwner)?

    private(set) var state = State.down
    private var link: Link?
    private var pauseWatch: EventWatch?
    /// What was sent and not answered, the oldest first.
    private var sent = Ring<Sent>()
    /// When the last reply came, or the first command was sent after nothing was under way.
    private var lastProgress = ContinuousClock.now
    private var connectDeadline = ContinuousClock.now
    private var failedAttempts = 0
    /// A thread looks up the host's name.
    private var isStarting = false
    /// Raised with each attempt, so that what belongs to an earlier one is known as such.
    private var generation = 0

    init(_ configuration: RedisConfiguration, owner: any ConnectionOwner, on loop: EventLoop) {
        self.configuration = configuration
        self.owner = owner
        self.loop = loop
    }

    var limits: RedisLimits { configuration.limits }
    var isUp: Bool { state == .up }
    var hasUnanswered: Bool { !sent.isEmpty }

    /// Begins an attempt to connect.
    func connect() {
        pauseWatch = nil
        guard state == .down else { return }
        // The last attempt's thread still looks for the host: a second one would not find it sooner.
        guard !isStarting else {
            pauseWatch = loop.schedule(after: limits.longestPause) { self.connect() }
            return
        }
        state = .connecting
        generation += 1
        connectDeadline = .now + limits.connectLimit
        isStarting = true
        let (attempt, address, loop) = (generation, configuration.address, loop)
        let hasThread = BlockingCall.start {
            let result = Link.start(address)
            loop.execute { self.didStart(result, attempt) }
        }
        if !hasThread {
            isStarting = false
            drop(.outOfResources)
        }
    }

    private func didStart(_ result: Result<Link, RedisConnectFailure>, _ attempt: Int) {
        isStarting = false
        guard attempt == generation, state == .connecting else { return }
        switch result {
        case .failure(let failure): drop(failure)
        case .success(let link):
            self.link = link
            if !link.attach(to: self, on: loop) { drop(.outOfResources) }
        }
    }

    func linkDidConnect(_ link: Link) {
        guard link === self.link, state == .connecting else { return }
        state = .settling
        settle()
    }

    func linkDidEnd(_ link: Link, _ failure: RedisConnectFailure) {
        if link === self.link { drop(failure) }
    }

    /// Sends a command now; its reply ends the wait of `completion`, or the end of the connection does.
    func send(
        _ command: RedisCommand, silenceLimit: Duration,
        _ completion: @escaping (Result<RedisReply, RedisError>) -> Void
    ) {
        guard let link, link.send(command) else { return completion(.failure(.unavailable(nil))) }
        if sent.isEmpty { lastProgress = .now }
        sent.append(Sent(silenceLimit: silenceLimit, completion: completion))
    }

    /// Runs `body`, which sends commands, and lets them leave together.
    func gather(_ body: () -> Void) {
        if let link { link.gather(body) } else { body() }
    }

    /// Sends a SUBSCRIBE or UNSUBSCRIBE.
    func sendListening(_ command: RedisCommand) {
        _ = link?.sendListening(command)
    }

    func didReceive(_ reply: RedisReply, on link: Link) {
        guard link === self.link, let first = sent.popFirst() else { return }
        lastProgress = .now
        if case .error(let refusal) = reply {
            first.completion(.failure(.refused(refusal)))
        } else {
            first.completion(.success(reply))
        }
    }

    func didReceivePush(_ push: RedisReply, on link: Link) {
        if link === self.link { owner?.didReceivePush(push) }
    }

    /// Looks at its limits of time.
    func tick(_ now: ContinuousClock.Instant) {
        switch state {
        case .connecting, .settling:
            if now > connectDeadline { drop(.timedOut) }
        case .up:
            if let first = sent.first, now > lastProgress + first.silenceLimit { drop(.lost) }
        case .down, .closed: break
        }
    }

    /// Lets the link go, gives everything that was sent its outcome, and tries again after a pause.
    func drop(_ failure: RedisConnectFailure) {
        guard state != .closed, state != .down else { return }
        if state == .up { failedAttempts = 0 }
        state = .down
        report.withLock { $0.didFail(failure) }
        release()
        owner?.didFail(failure)
        // An owner that closes has let go of this connection by now.
        guard state == .down else { return }
        let pause = pauseBeforeNextAttempt()
        failedAttempts += 1
        pauseWatch = loop.schedule(after: pause) { self.connect() }
    }

    /// Lets the link go for good.
    func close() {
        guard state != .closed else { return }
        state = .closed
        report.withLock { $0.didFail(.lost) }
        pauseWatch?.cancel()
        pauseWatch = nil
        release()
    }

    private func release() {
        generation += 1
        let ended = link
        link = nil
        ended?.abandon()
        let lost = sent.removeAll()
        for one in lost { one.completion(.failure(.inDoubt)) }
    }

    fileprivate func didSettle() {
        state = .up
        failedAttempts = 0
        report.withLock { $0.didConnect() }
        owner?.didConnect()
    }

    /// Twice as long after each failure, drawn from the upper half so that nodes do not come back in step.
    private func pauseBeforeNextAttempt() -> Duration {
        let doubled = limits.shortestPause * (1 << min(failedAttempts, 16))
        return min(doubled, limits.longestPause) * Double.random(in: 0.5...1)
    }
}

extension Connection {
    /// A command that was sent.
    struct Sent {
        /// For how long nothing may come once it is the oldest.
        let silenceLimit: Duration
        let completion: (Result<RedisReply, RedisError>) -> Void
    }

    /// The first exchange: who this is, which database, and whether the server answers.
    ///
    /// The commands are sent together; the first refusal ends the attempt.
    private func settle() {
        var steps: [(name: String, command: RedisCommand, isNeeded: Bool)] = []
        if let password = configuration.password {
            var command = RedisCommand("AUTH")
            if let user = configuration.user { command.add(user) }
            command.add(password)
            steps.append(("AUTH", command, true))
        }
        if configuration.database != 0 {
            steps.append(("SELECT", RedisCommand("SELECT", String(configuration.database)), true))
        }
        if let name = configuration.name {
            steps.append(("CLIENT", RedisCommand("CLIENT", "SETNAME", name), false))
        }
        steps.append(("PING", RedisCommand("PING"), true))
        for (index, step) in steps.enumerated() {
            let isLast = index == steps.count - 1
            send(step.command, silenceLimit: limits.connectLimit) { outcome in
                guard self.state == .settling else { return }
                switch outcome {
                case .failure(.refused(let refusal)):
                    if step.isNeeded { self.drop(.refused(command: step.name, code: refusal.code)) }
                case .failure: self.drop(.lost)
                case .success:
                    if isLast { self.didSettle() }
                }
            }
        }
    }
}
