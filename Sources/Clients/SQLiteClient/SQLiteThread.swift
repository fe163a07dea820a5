import Glibc

/// One thread that runs the jobs given to it in order: the executor of an actor that owns a database connection.
///
/// SQLite blocks its caller while the disk syncs, which must not take a thread from the pool that everybody shares.
/// The thread lives as long as this object; since whoever gives it a job holds the object, no job is ever left behind.
package final class SQLiteThread: SerialExecutor, TaskExecutor {
    private let queue = Monitor(JobQueue())

    /// Starts the thread.
    ///
    /// - Throws: `SQLiteThreadError` if the system has no thread to give.
    package init() throws(SQLiteThreadError) {
        let start = Start(queue: queue, serial: asUnownedSerialExecutor(), task: asUnownedTaskExecutor())
        let context = Unmanaged.passRetained(start)
        var thread = pthread_t()
        let code = pthread_create(&thread, nil, { SQLiteThread.run($0) }, context.toOpaque())
        guard code == 0 else {
            context.release()
            throw SQLiteThreadError(code: code)
        }
        pthread_detach(thread)
    }

    deinit {
        queue.withLock { $0.isClosed = true }
        queue.signal()
    }

    /// Puts a job at the end of the queue.
    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let isWaiting = queue.withLock { queue in
            queue.jobs.append(job)
            return queue.isWaiting
        }
        if isWaiting { queue.signal() }
    }

    /// The reference by which actors name this executor.
    package func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        UnownedSerialExecutor(ordinary: self)
    }

    /// The reference by which tasks name this executor.
    package func asUnownedTaskExecutor() -> UnownedTaskExecutor {
        UnownedTaskExecutor(ordinary: self)
    }

    private struct JobQueue {
        var jobs: [UnownedJob] = []
        var isWaiting = false
        var isClosed = false
    }

    /// What the thread needs to know; it holds the queue and not the executor, so that the executor can end.
    private final class Start {
        let queue: Monitor<JobQueue>
        let serial: UnownedSerialExecutor
        let task: UnownedTaskExecutor

        init(queue: Monitor<JobQueue>, serial: UnownedSerialExecutor, task: UnownedTaskExecutor) {
            self.queue = queue
            self.serial = serial
            self.task = task
        }
    }

    private static func run(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        guard let context else { return nil }
        let start = Unmanaged<Start>.fromOpaque(context).takeRetainedValue()
        var jobs: [UnownedJob] = []
        while true {
            jobs.removeAll(keepingCapacity: true)
            let isOpen = start.queue.wait { queue -> Bool? in
                queue.isWaiting = queue.jobs.isEmpty && !queue.isClosed
                guard !queue.isWaiting else { return nil }
                swap(&queue.jobs, &jobs)
                return !jobs.isEmpty
            }
            guard isOpen else { return nil }
            for job in jobs {
                job.runSynchronously(isolatedTo: start.serial, taskExecutor: start.task)
            }
        }
    }
}

/// The system refused to start a thread; `code` is its error number.
package struct SQLiteThreadError: Error, Equatable {
    /// The number, as in `errno`.
    package let code: Int32
}
