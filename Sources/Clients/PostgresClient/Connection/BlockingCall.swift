import Glibc

/// Runs what libpq can only do by blocking on a thread of its own: looking up a host's name, and cancelling.
///
/// Each connection has at most one of each under way, so the threads are bounded by the connections.
enum BlockingCall {
    private final class Body: Sendable {
        let run: @Sendable () -> Void

        init(_ run: @escaping @Sendable () -> Void) {
            self.run = run
        }
    }

    /// Starts the thread; false if the system gives none.
    static func start(_ run: @escaping @Sendable () -> Void) -> Bool {
        // The thread owns one reference, which it takes over.
        let body = Unmanaged.passRetained(Body(run))
        var thread = pthread_t()
        let failure = pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run()
                return nil
            }, body.toOpaque())
        guard failure == 0 else {
            body.release()
            return false
        }
        pthread_detach(thread)
        return true
    }
}
