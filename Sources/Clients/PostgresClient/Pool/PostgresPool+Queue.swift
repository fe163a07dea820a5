import EventLoop

extension PostgresPool {
    /// Sends work or lets it wait; only on the loop's thread, like everything below.
    func take(_ work: Work) {
        if work.isCancelled { return work.complete(.failure(.cancelled)) }
        let limits = configuration.limits
        let bytes = work.segment.byteCount
        if let bound = boundExceeded(by: work.segment) { return work.complete(.failure(.segmentTooLarge(bound))) }
        if case .within(let transaction) = work.need {
            guard let connection = transaction.connection else { return work.complete(.failure(.connectionLost)) }
            return connection.send(work)
        }
        if isClosed { return work.complete(.failure(.closed)) }
        if waiting.isEmpty, let connection = connection(for: work) { return connection.send(work) }
        guard waiting.count < limits.maximumWaiting else {
            return work.complete(.failure(.overloaded(.maximumWaiting)))
        }
        guard waitingBytes + bytes <= limits.maximumWaitingBytes else {
            return work.complete(.failure(.overloaded(.maximumWaitingBytes)))
        }
        work.waitsUntil = .now + limits.waitLimit
        waiting.append(work)
        waitingBytes += bytes
        dispatch()
    }

    private func boundExceeded(by segment: PostgresSegment) -> PostgresBound? {
        let limits = configuration.limits
        if segment.count > limits.maximumStatements { return .maximumStatements }
        if segment.byteCount > limits.maximumSegmentBytes { return .maximumSegmentBytes }
        return segment.mostParameters > PostgresLimits.maximumParameters ? .maximumParameters : nil
    }

    /// The free connection with the least under way.
    private func connection(for work: Work) -> Connection? {
        connections.filter { $0.canTake(work) }.min { $0.sent.count < $1.sent.count }
    }

    /// Sends what waits and has a connection now, the oldest first.
    func dispatch() {
        var index = 0
        while index < waiting.count {
            let work = waiting[index]
            if let connection = connection(for: work) {
                remove(at: index)
                connection.send(work)
                // Sending may have changed the queue.
                index = 0
            } else if work.slot == nil {
                // Who needs a connection to itself would never get one if others went by.
                return
            } else {
                index += 1
            }
        }
    }

    private func remove(at index: Int) {
        let work = waiting.remove(at: index)
        waitingBytes -= work.segment.byteCount
    }

    func cancel(_ work: Work) {
        work.isCancelled = true
        if let index = waiting.firstIndex(where: { $0 === work }) {
            remove(at: index)
            work.complete(.failure(.cancelled))
            dispatch()
        } else {
            work.connection?.cancel(work)
        }
    }

    func tick() {
        let now = ContinuousClock.now
        let overdue = waiting.filter { $0.waitsUntil.map { now > $0 } ?? false }
        if !overdue.isEmpty {
            waiting.removeAll { work in overdue.contains { $0 === work } }
            waitingBytes = waiting.reduce(0) { $0 + $1.segment.byteCount }
            for work in overdue { work.complete(.failure(.unavailable(lastFailure))) }
        }
        for connection in connections { connection.tick(now) }
        if isClosed { finishClosing() }
    }

    func didConnect() {
        lastFailure = nil
        tellReadiness(nil)
        dispatch()
    }

    func didFail(_ failure: PostgresConnectFailure) {
        lastFailure = failure
        tellReadiness(failure)
        finishClosing()
    }

    func didFree(_ connection: Connection) {
        dispatch()
        finishClosing()
    }

    private func tellReadiness(_ failure: PostgresConnectFailure?) {
        let waiters = readiness
        readiness = []
        for waiter in waiters { waiter.resume(returning: failure) }
    }
}

extension PostgresPool {
    func beginClosing() {
        guard !isClosed else { return }
        isClosed = true
        let limits = configuration.limits
        closeDeadline = .now + limits.statementLimit + limits.silenceGrace
        let refused = waiting
        waiting = []
        waitingBytes = 0
        for work in refused { work.complete(.failure(.closed)) }
        tellReadiness(.lost)
    }

    /// Closes what has nothing under way, and tells who waits for the end when nothing is left.
    func finishClosing() {
        guard isClosed else { return }
        let isOverdue = ContinuousClock.now > closeDeadline
        let ended = connections.filter { isOverdue || $0.isDrained }
        connections.removeAll { connection in ended.contains { $0 === connection } }
        for connection in ended { connection.close() }
        guard connections.isEmpty else { return }
        ticker?.cancel()
        ticker = nil
        if let hook { loop.removeRoundHook(hook) }
        hook = nil
        let waiters = closers
        closers = []
        for waiter in waiters { waiter.resume() }
    }

    /// Ends everything at once: the loop is about to end.
    func closeNow() {
        beginClosing()
        hook = nil
        closeDeadline = .now - .seconds(1)
        finishClosing()
    }
}
