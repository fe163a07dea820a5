import Glibc

/// A value that is only reached while a pthread mutex is held.
///
/// ThreadSanitizer knows pthread mutexes and reports false races inside `Synchronization.Mutex`, so this is the
/// one lock of the project. Hold it for a few instructions; never call out, suspend or block inside `withLock`.
// Proof for @unchecked Sendable: `value` is touched only in `withLock`, between lock and unlock of `mutex`, whose
// address never changes because it is allocated once.
package final class Locked<Value>: @unchecked Sendable {
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private var value: Value

    /// Makes a lock around `value`.
    package init(_ value: sending Value) {
        mutex = .allocate(capacity: 1)
        pthread_mutex_init(mutex, nil)
        self.value = value
    }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    /// Runs `body` with exclusive access to the value and returns what it returns.
    ///
    /// Not reentrant: a nested call on the same lock would wait for itself.
    package func withLock<Result: ~Copyable, Failure: Error>(
        _ body: (inout Value) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body(&value)
    }
}
