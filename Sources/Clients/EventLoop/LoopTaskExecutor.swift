/// A loop as the executor that tasks prefer: what they do on no actor runs there, and so do their continuations.
///
/// A preference has its price: the runtime looks it up, under a lock, at each switch of the task. A task that is
/// isolated to the loop (`LoopIsolation.start`) needs one only around a wait for another thread, which would else
/// resume it on the pool.
package final class LoopTaskExecutor: TaskExecutor {
    private let loop: EventLoop

    init(_ loop: EventLoop) {
        self.loop = loop
    }

    /// Takes a task's next piece of work; called by the Swift runtime.
    package func enqueue(_ job: consuming ExecutorJob) {
        loop.append(.preferred(UnownedJob(job), self))
    }
}
