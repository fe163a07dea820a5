import CPostgres
import EventLoop

extension Connection {
    /// Begins an attempt to connect.
    func connect() {
        pauseWatch = nil
        guard case .down = state else { return }
        // The last attempt's thread still looks for the host: a second one would not find it sooner.
        guard !isStarting else {
            pauseWatch = loop.schedule(after: limits.longestPause) { self.connect() }
            return
        }
        state = .connecting
        generation += 1
        connectDeadline = .now + limits.connectLimit
        isStarting = true
        let (attempt, configuration, loop) = (generation, pool.configuration, loop)
        let hasThread = BlockingCall.start {
            let handle = ConnectionHandle.start(configuration)
            loop.execute { self.didStart(handle, attempt) }
        }
        if !hasThread {
            isStarting = false
            drop(.outOfResources)
        }
    }

    private func didStart(_ handle: ConnectionHandle?, _ attempt: Int) {
        isStarting = false
        guard attempt == generation, case .connecting = state else { return }
        guard let handle else { return drop(.outOfResources) }
        self.handle = handle
        guard PQstatus(handle.pointer) != CONNECTION_BAD else { return drop(handle.failure) }
        // As libpq wants it: first wait until the socket can be written.
        watch(handle.socket, for: .writing) { self.poll() }
    }

    private func poll() {
        guard let handle else { return }
        // The socket may be another one at each step.
        stopWatching()
        switch PQconnectPoll(handle.pointer) {
        case PGRES_POLLING_READING: watch(handle.socket, for: .reading) { self.poll() }
        case PGRES_POLLING_WRITING: watch(handle.socket, for: .writing) { self.poll() }
        case PGRES_POLLING_OK: didConnect(handle)
        default: drop(handle.failure)
        }
    }

    private func didConnect(_ handle: ConnectionHandle) {
        guard PQsetnonblocking(handle.pointer, 1) == 0, PQenterPipelineMode(handle.pointer) == 1 else {
            return drop(.outOfResources)
        }
        state = .settling
        watch(handle.socket, for: .reading) { self.socketIsReadable() }
        guard self.handle === handle else { return }
        var segment = PostgresSegment()
        for (name, value) in pool.configuration.connectionSettings {
            segment.add(Self.setting, [.text(name), .text(value)])
        }
        let work = Work(segment, need: .any(slot: slot), ifCut: .connectionLost)
        work.completion = { outcome in
            switch outcome {
            case .success: self.didSettle()
            case .failure(.refused(let refusal)): self.drop(.refused(refusal.state))
            case .failure: break
            }
        }
        send(work)
    }

    private func didSettle() {
        state = .up
        failedAttempts = 0
        pool.didConnect()
    }

    private static let setting = PostgresStatement("select set_config($1, $2, false)")

    func watch(_ socket: Int32, for readiness: EventLoop.Readiness, _ action: @escaping @Sendable () -> Void) {
        guard let watch = loop.watch(socket, for: readiness, action) else { return drop(.outOfResources) }
        switch readiness {
        case .reading: readWatch = watch
        case .writing: writeWatch = watch
        }
    }

    private func stopWatching() {
        readWatch?.cancel()
        readWatch = nil
        writeWatch?.cancel()
        writeWatch = nil
    }
}
