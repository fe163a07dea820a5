import HoldpointCore
import HoldpointPorts

/// A one-shot latch: everyone who waits goes on once it is set, and nobody waits after.
actor Signal {
    private(set) var isSet = false
    private var waiting: [UnsafeContinuation<Void, Never>] = []
    private var followers: [Signal] = []
    nonisolated private let executor: any Actor

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.unownedExecutor }

    /// A signal that shares an executor.
    init(on executor: any Actor) {
        self.executor = executor
    }

    func set() async {
        isSet = true
        let resumed = waiting
        let rung = followers
        waiting = []
        followers = []
        for continuation in resumed { continuation.resume() }
        for follower in rung { await follower.set() }
    }

    func wait() async {
        if isSet { return }
        // Unchecked, since a simulated crash drops waiters on purpose. Looked at in the same step as the wait begins.
        await withUnsafeContinuation { continuation in
            if isSet { continuation.resume() } else { waiting.append(continuation) }
        }
    }

    /// Waits until the signal is set or the time has come; the signal is set afterwards in either case.
    nonisolated func wait(until time: Timestamp, clock: any Clock) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.wait() }
            group.addTask { await clock.sleep(until: time) }
            await group.next()
            // Whichever came first releases the other.
            await self.set()
            group.cancelAll()
        }
    }

    /// Waits until the signal is set or the time has come, and leaves the signal as it is.
    nonisolated func wait(orUntil time: Timestamp, clock: any Clock) async {
        let bell = Signal(on: executor)
        await follow(with: bell)
        await bell.wait(until: time, clock: clock)
        await unfollow(bell)
    }

    private func follow(with bell: Signal) async {
        if isSet { await bell.set() } else { followers.append(bell) }
    }

    private func unfollow(_ bell: Signal) { followers.removeAll { $0 === bell } }
}
