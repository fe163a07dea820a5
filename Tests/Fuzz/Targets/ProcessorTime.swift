import Glibc

/// What a thread has used of the processor: how long it has waited for a turn says nothing about an input.
package enum ProcessorTime {
    /// The calling thread's, since it began.
    package static var ofThread: Duration {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}
