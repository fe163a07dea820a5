import Glibc

/// Runs what a library can only do by blocking on a thread of its own, such as looking up a host's name.
///
/// Whoever uses it bounds the threads: a connection has at most one of each kind under way.
package enum BlockingCall {
    private final class Body: Sendable {
        let run: @Sendable () -> Void

        init(_ run: @escaping @Sendable () -> Void) {
            self.run = run
        }
    }

    /// Starts the thread; false if the system gives none.
    package static func start(_ run: @escaping @Sendable () -> Void) -> Bool {
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
