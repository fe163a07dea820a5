import CEvent
import EventLoop

extension HTTPServer {
    /// Stops gracefully and returns when every connection is closed, at the latest after `drainDeadline`.
    ///
    /// New connections are refused and idle ones closed at once; streams are ended properly after what was sent to
    /// them; replies that are pending are still given, with `Connection: close`. A handler that has not
    /// answered by the deadline finds its client gone. Every caller returns when it is over; before `start` it
    /// returns at once.
    package func drain() async {
        await withCheckedContinuation { continuation in
            loop.run { self.beginDrain(continuation) }
        }
    }

    private func beginDrain(_ continuation: CheckedContinuation<Void, Never>) {
        switch phase {
        case .new, .stopped:
            phase = .stopped
            continuation.resume()
            return
        case .draining:
            drainWaiters.append(continuation)
            return
        case .running: drainWaiters.append(continuation)
        }
        phase = .draining
        stopListening()
        for connection in connections.values {
            switch connection.stage {
            case .head where connection.scanner.byteCount == 0: cut(connection)
            case .streaming: queue(.close(connection))
            case .head, .body, .pending, .replying, .closing, .closed: break
            }
        }
        if connections.isEmpty {
            finish()
        } else {
            drainWatch = loop.schedule(after: configuration.drainDeadline) { self.finish() }
        }
    }

    private func stopListening() {
        listener = nil
        if let http, let boundSocket { evhttp_del_accept_socket(http, boundSocket) }
        boundSocket = nil
    }

    /// Frees everything that is left.
    ///
    /// Runs as a job, a timer or when the loop stops, never in a callback of evhttp.
    func finish() {
        guard phase == .running || phase == .draining else { return }
        stopListening()
        phase = .stopped
        sweepWatch?.cancel()
        drainWatch?.cancel()
        sweepWatch = nil
        drainWatch = nil
        if let http { evhttp_free(http) }
        http = nil
        // Newcomers that were never adopted have no close callback.
        for connection in newcomers {
            bufferevent_decref(connection.buffer)
            forget(connection)
        }
        newcomers = []
        touched = []
        while let step = deliveries.next() {
            if case .drained(_, let continuation) = step { continuation.resume(returning: false) }
        }
        // As a job: a hook must not be removed while hooks run.
        loop.execute { [self] in
            if let hook { loop.removeRoundHook(hook) }
        }
        for waiter in drainWaiters { waiter.resume() }
        drainWaiters = []
    }
}
