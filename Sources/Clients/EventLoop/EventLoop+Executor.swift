import Synchronization

extension EventLoop {
    /// One piece of work for the loop.
    enum Job {
        /// Of an actor on this loop.
        case isolated(UnownedJob)
        /// Of a task that prefers this loop.
        case preferred(UnownedJob, LoopTaskExecutor)
        case action(@Sendable () -> Void)
    }

    /// What other threads may touch, under the lock.
    struct Inbox {
        var jobs: [Job] = []
        /// The loop is in, or about to enter, a wait that only an event can end.
        var isSleeping = false
        var isStopping = false
        /// The base is gone: nothing that is enqueued now would ever run.
        var isStopped = false
        var thread: UInt?
    }

    /// Takes the next piece of work of one of its actors; called by the Swift runtime.
    package func enqueue(_ job: consuming ExecutorJob) {
        append(.isolated(UnownedJob(job)))
    }

    /// The loop as an actor's executor.
    package func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }

    /// Traps unless the caller is on the loop's thread; `assumeIsolated` in a C callback needs it.
    package func checkIsolated() {
        precondition(isOnLoop, "not on the event loop's thread")
    }

    /// Whether the caller is on the loop's thread, for `assumeIsolated`.
    package func isIsolatingCurrentContext() -> Bool? { isOnLoop }

    /// Runs `action` on the loop in its next round; from any thread.
    ///
    /// The action must be short. It is dropped if the loop has been stopped.
    package func execute(_ action: @escaping @Sendable () -> Void) {
        append(.action(action))
    }

    /// Runs `action` when the loop has no job left, or the round's share of jobs is used up; from any thread.
    ///
    /// What the jobs of one turn have gathered can be handed over together then. The action must be short. It is
    /// dropped if the loop has been stopped.
    package func executeAtEndOfTurn(_ action: @escaping @Sendable () -> Void) {
        if isOnLoop { endings.append(action) } else { append(.action(action)) }
    }

    /// Runs `action` at once if the caller is on the loop's thread, and like `execute` otherwise.
    package func run(_ action: @escaping @Sendable () -> Void) {
        if isOnLoop { action() } else { append(.action(action)) }
    }

    func append(_ job: Job) {
        let wasSleeping = inbox.withLock { inbox -> Bool in
            guard !inbox.isStopped else { return false }
            inbox.jobs.append(job)
            defer { inbox.isSleeping = false }
            return inbox.isSleeping
        }
        // On its own thread the loop looks at the list before it sleeps again.
        if wasSleeping, !isOnLoop { wake() }
    }
}
