import Glibc

/// An exchange that waits for a worker.
struct JQJob: Sendable {
    /// What a lane makes of a job.
    typealias Outcome = Result<[JQReply], JQLaneFailure>

    /// In one exchange.
    let requests: [JQRequest]
    /// The number of the lane that must take it; nil for any.
    let lane: Int?
    /// Called once.
    let continuation: CheckedContinuation<Outcome, Never>
}

/// Why a lane has no replies.
enum JQLaneFailure: Error, Sendable, Equatable {
    /// No worker could be had.
    case unavailable(JQWorkersError)
    /// The worker had its time and was ended.
    case late
    /// The worker ended because it had its memory.
    case outOfMemory
    /// The worker broke.
    case crashed

    /// Whether the programs are to blame.
    var isTheirs: Bool {
        if case .unavailable = self { false } else { true }
    }
}

/// The jobs that threads wait for.
// Unchecked: jobs and state are read and written between lock and unlock of the one mutex only, and the pointers are
// freed in `deinit`, when no thread holds the queue and so none can be waiting.
final class JQJobQueue: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private let capacity: Int
    private var jobs: [JQJob] = []
    private var isStopped = false

    init(capacity: Int) {
        self.capacity = capacity
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// Puts a job at the end, or answers it at once.
    func add(_ job: JQJob) {
        pthread_mutex_lock(mutex)
        let refusal: JQWorkersError? = isStopped ? .stopped : jobs.count >= capacity ? .tooManyWaiting : nil
        if refusal == nil { jobs.append(job) }
        pthread_mutex_unlock(mutex)
        guard let refusal else {
            // A job for one lane must reach that one.
            if job.lane == nil { pthread_cond_signal(condition) } else { pthread_cond_broadcast(condition) }
            return
        }
        job.continuation.resume(returning: .failure(.unavailable(refusal)))
    }

    /// Waits for the next job of a lane; nil when there will be none.
    func next(for lane: Int) -> JQJob? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while !isStopped {
            if let place = jobs.firstIndex(where: { $0.lane == nil || $0.lane == lane }) {
                return jobs.remove(at: place)
            }
            pthread_cond_wait(condition, mutex)
        }
        return nil
    }

    /// Answers what waits, and lets no more in; the threads end.
    func stop() {
        pthread_mutex_lock(mutex)
        isStopped = true
        let left = jobs
        jobs = []
        pthread_mutex_unlock(mutex)
        pthread_cond_broadcast(condition)
        for job in left { job.continuation.resume(returning: .failure(.unavailable(.stopped))) }
    }
}
