import Glibc

/// A thread with a worker process of its own; all that blocks, blocks here.
///
/// Used by its own thread only, once that is started.
final class JQLane {
    private let number: Int
    private let queue: JQJobQueue
    private let launch: JQLaunch
    private let limits: JQLimits
    private let granted: Int
    private let suspects: JQSuspects?
    private var worker: JQWorkerProcess?

    /// - Parameters:
    ///   - granted: processor time for an exchange, in milliseconds.
    ///   - suspects: programs that are handed back at once as being late; nil if this lane takes all.
    init(
        number: Int, queue: JQJobQueue, launch: JQLaunch, limits: JQLimits, granted: Int,
        leavesAlone suspects: JQSuspects?
    ) {
        self.number = number
        self.queue = queue
        self.launch = launch
        self.limits = limits
        self.granted = granted
        self.suspects = suspects
    }

    /// Starts the thread, which lives until the queue is stopped.
    func start() throws(JQWorkersError) {
        let context = Unmanaged.passRetained(self)
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<JQLane>.fromOpaque(context).takeRetainedValue().run()
                return nil
            }, context.toOpaque())
        guard code == 0 else {
            context.release()
            throw .system(code: code)
        }
        pthread_detach(thread)
    }

    private func run() {
        while let job = queue.next(for: number) {
            // It may have become known what it is while it waited: one that runs away must not cost a worker each time.
            if let suspects, suspects.containsAll(job.requests) {
                job.continuation.resume(returning: .failure(.late))
                continue
            }
            let outcome = answer(job.requests)
            if case .failure(let failure) = outcome, failure.isTheirs { suspects?.suspect(job.requests) }
            job.continuation.resume(returning: outcome)
            if case .failure = outcome { _ = ensureWorker() }
        }
        if let worker = worker.take() { _ = worker.kill() }
    }

    /// Starts a worker if there is none; the error if that fails, to be tried again with the next job.
    private func ensureWorker() -> JQWorkersError? {
        guard worker == nil else { return nil }
        do throws(JQWorkersError) {
            worker = try JQWorkerProcess.start(launch, limits: limits)
            return nil
        } catch {
            return error
        }
    }

    private func answer(_ requests: [JQRequest]) -> JQJob.Outcome {
        if let error = ensureWorker() { return .failure(.unavailable(error)) }
        guard var worker = worker.take() else { return .failure(.unavailable(.notReady)) }
        do throws(JQWorkerProcess.Failure) {
            let replies = try worker.exchange(requests[...], granted: granted, limits: limits)
            self.worker = consume worker
            return .success(replies)
        } catch {
            switch error {
            case .late:
                _ = worker.kill()
                return .failure(.late)
            case .broken:
                return .failure(JQWorkerProcess.isOutOfMemory(worker.end()) ? .outOfMemory : .crashed)
            }
        }
    }
}
