import CEvent
import Glibc
import Synchronization

extension EventLoop {
    /// A function that runs once in every round, after the jobs and before libevent.
    struct RoundHook {
        let token: EventLoopHook
        let body: () -> Bool
        let atStop: () -> Void
    }

    /// Adds a function that runs once in every round, after the jobs and before libevent; only on the loop's thread.
    ///
    /// It is the place to flush what jobs and callbacks have gathered. If it returns true the next wait does not
    /// block, so that the hook runs again as soon as the sockets had their turn: work can be cut into slices.
    /// The loop holds both functions until the hook is removed.
    ///
    /// - Parameters:
    ///   - atStop: Runs when the loop ends while the hook is still there, before the base is freed.
    ///   - body: Runs in every round.
    package func addRoundHook(
        atStop: @escaping () -> Void = {}, _ body: @escaping () -> Bool
    ) -> EventLoopHook {
        checkIsolated()
        let token = EventLoopHook()
        hooks.append(RoundHook(token: token, body: body, atStop: atStop))
        return token
    }

    /// Removes a hook; only on the loop's thread, and not from within a hook.
    package func removeRoundHook(_ token: EventLoopHook) {
        checkIsolated()
        hooks.removeAll { $0.token === token }
    }

    static func runThread(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        guard let context else { return nil }
        let loop = Unmanaged<EventLoop>.fromOpaque(context).takeRetainedValue()
        loop.threadIdentity.store(UInt(pthread_self()), ordering: .relaxed)
        cevent_name_thread(loop.name)
        loop.runRounds()
        loop.endThread()
        sem_post(loop.ended)
        return nil
    }

    private func runRounds() {
        var stopDeadline: ContinuousClock.Instant?
        while true {
            roundStart = .now
            runJobs()
            var again = false
            for hook in hooks where hook.body() { again = true }
            let next = inbox.withLock { inbox -> Next in
                if inbox.isStopping, stopDeadline == nil { stopDeadline = roundStart + Self.stopTimeout }
                let isIdle = inbox.jobs.isEmpty && position == taken.count && endings.isEmpty
                if let stopDeadline, isIdle || roundStart > stopDeadline { return .end }
                if again || !isIdle { return .poll }
                inbox.isSleeping = true
                return .wait
            }
            switch next {
            case .end: return
            case .poll: event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK)
            case .wait:
                event_base_loop(base, EVLOOP_ONCE)
                inbox.withLock { $0.isSleeping = false }
            }
        }
    }

    private enum Next {
        case end
        case poll
        case wait
    }

    /// Runs what is queued, and what that queues in turn, until nothing is left or the round's share is used up; then
    /// what waits for the end of the turn.
    private func runJobs() {
        for _ in 0..<Self.maximumJobsPerRound {
            if position == taken.count {
                taken.removeAll(keepingCapacity: taken.capacity <= 4096)
                position = 0
                inbox.withLock { swap(&$0.jobs, &taken) }
                if taken.isEmpty { break }
            }
            position += 1
            switch taken[position - 1] {
            case .isolated(let job): job.runSynchronously(on: asUnownedSerialExecutor())
            case .preferred(let job, let executor):
                job.runSynchronously(
                    isolatedTo: asUnownedSerialExecutor(), taskExecutor: executor.asUnownedTaskExecutor())
            case .action(let action): action()
            }
        }
        endTurn()
    }

    private func endTurn() {
        guard !endings.isEmpty else { return }
        let actions = endings
        endings.removeAll(keepingCapacity: true)
        for action in actions { action() }
    }

    private func endThread() {
        for hook in hooks { hook.atStop() }
        hooks = []
        for watch in watches.values { watch.free() }
        watches = [:]
        SignalOwner.release(self)
        let dropped = inbox.withLock { inbox -> [Job] in
            inbox.isStopped = true
            inbox.isSleeping = false
            defer { inbox.jobs = [] }
            return inbox.jobs
        }
        // Freed outside the lock: an action may own the last reference to something that enqueues when it goes.
        withExtendedLifetime(dropped) {}
        // Frees that libevent has put off are done in one more pass.
        event_base_loop(base, EVLOOP_NONBLOCK)
        release()
    }
}

/// Names a round hook, so that it can be removed.
// Proof of Sendable: it has no state at all, only identity.
package final class EventLoopHook: Sendable {
    init() {}
}
