import CEvent
import Glibc
import Synchronization

/// One thread with one libevent `event_base`: the place where all I/O happens, and a Swift executor.
///
/// It is a `SerialExecutor`: actors may be pinned to it (`LoopIsolation` is one). Its `taskExecutor` is for tasks that
/// are to run on it whatever default actors they call. The base is made without locks, so every libevent call must be
/// made on the loop's thread; the only thing that another thread ever does to it is a write to an eventfd.
///
/// One round is: jobs, round hooks, then libevent's callbacks. Jobs and callbacks must be short, because
/// everything else on this loop waits for them.
///
/// A loop must outlive whatever runs on it: jobs that are enqueued after `stop()` are dropped.
// Proof for @unchecked Sendable: `inbox` is a lock, `threadIdentity` an atomic, the `let`s never change, and the
// remaining variables are touched only on the loop's thread (before it starts, only by `start`).
package final class EventLoop: SerialExecutor, @unchecked Sendable {
    /// How many jobs may run before libevent gets its turn, so that a chain of jobs cannot starve the sockets.
    package static let maximumJobsPerRound = 512
    /// For how long `stop()` lets jobs that are still queued run, and how long it then waits for the thread.
    package static let stopTimeout: Duration = .seconds(5)

    /// The oldest libevent that rejects conflicting body lengths, as `event_get_version_number` writes it.
    static let oldestLibrary: UInt32 = 0x0201_0c00

    /// The name of the loop and (its first 15 bytes) of its thread.
    package let name: String
    /// The `struct event_base *`, for clients that add events of their own; use it only on the loop's thread.
    package let base: OpaquePointer

    let inbox = Locked(Inbox())
    let wakeDescriptor: Int32
    let threadIdentity = Atomic<UInt>(0)
    /// Posted once, as the thread's last act.
    let ended = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

    // Below: only on the loop's thread.
    var wakeEvent: OpaquePointer?
    /// Jobs taken from the inbox, and how many of them have been run.
    var taken: [Job] = []
    var position = 0
    /// What is to be done when no job is left.
    var endings: [@Sendable () -> Void] = []
    var hooks: [RoundHook] = []
    var watches: [ObjectIdentifier: EventWatch] = [:]
    var roundStart = ContinuousClock.now

    private init(name: String, base: OpaquePointer, wakeDescriptor: Int32) {
        self.name = name
        self.base = base
        self.wakeDescriptor = wakeDescriptor
        sem_init(ended, 0, 0)
    }

    deinit {
        sem_destroy(ended)
        ended.deallocate()
    }

    /// Starts a loop on a thread of its own, and makes the process ignore SIGPIPE.
    ///
    /// Throws `libraryTooOld` if libevent is older than 2.1.12, `outOfResources` if the system gives no
    /// descriptor, memory or thread.
    package static func start(name: String) throws(EventLoopError) -> EventLoop {
        let version = event_get_version_number()
        guard version >= oldestLibrary else { throw .libraryTooOld(version: version) }
        signal(SIGPIPE, SIG_IGN)
        let descriptor = cevent_eventfd()
        guard descriptor >= 0 else { throw .outOfResources(call: "eventfd", errno: errno) }
        guard let base = makeBase() else {
            close(descriptor)
            throw .outOfResources(call: "event_base_new_with_config", errno: errno)
        }
        let loop = EventLoop(name: name, base: base, wakeDescriptor: descriptor)
        guard loop.addWakeEvent() else {
            loop.release()
            throw .outOfResources(call: "event_add", errno: errno)
        }
        var thread = pthread_t()
        // The thread owns one reference, which `runThread` takes over.
        let context = Unmanaged.passRetained(loop)
        let failure = pthread_create(&thread, nil, { EventLoop.runThread($0) }, context.toOpaque())
        guard failure == 0 else {
            context.release()
            loop.release()
            throw .outOfResources(call: "pthread_create", errno: failure)
        }
        loop.inbox.withLock { $0.thread = thread }
        return loop
    }

    /// Ends the loop: lets queued jobs run out, frees everything and waits for the thread, for `stopTimeout` at most.
    ///
    /// Called on the loop's own thread it only asks for the end, because a thread cannot wait for itself.
    /// A second call does nothing. Stop what uses the loop (an HTTP server) before.
    package func stop() throws(EventLoopError) {
        let thread = inbox.withLock { inbox -> pthread_t? in
            inbox.isStopping = true
            inbox.isSleeping = false
            defer { inbox.thread = nil }
            return inbox.thread
        }
        guard let thread else { return }
        guard !isOnLoop else {
            pthread_detach(thread)
            return
        }
        wake()
        var deadline = timespec()
        clock_gettime(CLOCK_REALTIME, &deadline)
        deadline.tv_sec += Int(Self.stopTimeout.components.seconds) * 2
        while sem_timedwait(ended, &deadline) != 0 {
            guard errno == EINTR else {
                pthread_detach(thread)
                throw .stopTimedOut
            }
        }
        pthread_join(thread, nil)
    }

    /// Whether the caller is on the loop's thread.
    package var isOnLoop: Bool { threadIdentity.load(ordering: .relaxed) == UInt(pthread_self()) }

    /// The loop for `Task(executorPreference:)` and `withTaskExecutorPreference`.
    package var taskExecutor: any TaskExecutor { LoopTaskExecutor(self) }

    /// When the current round began: a cheap clock for deadlines; only on the loop's thread.
    package var now: ContinuousClock.Instant { roundStart }

    private static func makeBase() -> OpaquePointer? {
        guard let configuration = event_config_new() else { return nil }
        defer { event_config_free(configuration) }
        let flags = EVENT_BASE_FLAG_NOLOCK.rawValue | EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST.rawValue
        event_config_set_flag(configuration, Int32(flags))
        return event_base_new_with_config(configuration)
    }

    private func addWakeEvent() -> Bool {
        let flags = Int16(EV_READ | EV_PERSIST)
        wakeEvent = event_new(
            base, wakeDescriptor, flags,
            { descriptor, _, _ in
                var count: UInt64 = 0
                _ = read(descriptor, &count, 8)
            }, nil)
        guard let wakeEvent else { return false }
        return event_add(wakeEvent, nil) == 0
    }

    /// Frees the base and the descriptor; the last thing that is done with the loop.
    func release() {
        if let wakeEvent { event_free(wakeEvent) }
        wakeEvent = nil
        event_base_free(base)
        close(wakeDescriptor)
    }

    func wake() {
        var one: UInt64 = 1
        // The write fails only if the counter is full, and then the loop is awake anyway.
        _ = write(wakeDescriptor, &one, 8)
    }
}
