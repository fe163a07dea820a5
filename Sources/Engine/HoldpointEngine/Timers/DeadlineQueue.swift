import HoldpointCore
import HoldpointPorts

/// The deadlines of this node's sessions: one wheel, one sleeper, no task for each.
///
/// Deadlines further away than the horizon stay in the journal, and are read when they come near.
actor DeadlineQueue {
    /// A session in 24 bytes: scopes are many sessions' and kept once.
    private struct TimerKey: Hashable, Sendable {
        let session: SessionKey
        let scope: UInt32
    }

    private let clock: any Clock
    private let horizonMilliseconds: Int64
    private var wheel: TimerWheel<TimerKey>
    private var scopes: [Scope] = []
    private var scopeNumbers: [Scope: UInt32] = [:]
    /// Everything before it is in the wheel; at the start nothing is, not even what is overdue.
    private var horizon = Timestamp(milliseconds: 0)
    private var sleepingUntil = Timestamp.distantFuture
    private var alarm: Signal
    private var isClosed = false

    nonisolated private let executor: any Actor

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.unownedExecutor }

    init(on executor: any Actor, clock: any Clock, configuration: EngineConfiguration) {
        self.executor = executor
        alarm = Signal(on: executor)
        self.clock = clock
        horizonMilliseconds = configuration.timerHorizonMilliseconds
        wheel = TimerWheel(now: clock.now())
    }

    /// How many deadlines are held in memory.
    var count: Int { wheel.count }

    /// Sets, moves or clears the one deadline of a session.
    func arm(_ session: SessionReference, at deadline: Timestamp?) async {
        let key = key(of: session.key, in: session.scope)
        guard let deadline, deadline < horizon else {
            wheel.cancel(key)
            return
        }
        await set(key, at: deadline)
    }

    /// Arms a session again that could not act, unless something was armed for it meanwhile that is no later.
    ///
    /// Wherever the horizon is: its deadline lies behind, so no page of the journal will bring it again.
    func retry(_ session: SessionReference, at time: Timestamp) async {
        let key = key(of: session.key, in: session.scope)
        if let armed = wheel.deadline(of: key), armed <= time { return }
        await set(key, at: time)
    }

    private func set(_ key: TimerKey, at deadline: Timestamp) async {
        wheel.set(key, deadline: deadline)
        if deadline < sleepingUntil {
            sleepingUntil = deadline
            await alarm.set()
        }
    }

    /// Arms what a page of the journal said, unless a commit since has armed the session itself.
    func fill(_ session: SessionReference, at deadline: Timestamp) async {
        if wheel.deadline(of: key(of: session.key, in: session.scope)) == nil { await arm(session, at: deadline) }
    }

    /// Where the horizon is, and where it should be by now if it is half used up; nil if it is far enough away.
    func horizonToFill() -> (from: Timestamp, until: Timestamp)? {
        let target = clock.now().adding(milliseconds: horizonMilliseconds)
        let isFar = horizon >= clock.now().adding(milliseconds: horizonMilliseconds / 2)
        return isFar ? nil : (horizon, target)
    }

    /// Everything before it is in the wheel, as far as the shards were this node's.
    var filledUntil: Timestamp { horizon }

    /// Moves the horizon before what lies within it is read, so that commits meanwhile arm themselves.
    func moveHorizon(to time: Timestamp) { horizon = max(horizon, time) }

    /// Waits until a deadline is due, the horizon must move or the queue is closed; returns what is due.
    func nextDue() async -> [SessionReference] {
        let due = takeDue()
        if !due.isEmpty || isClosed { return due }
        let refill = horizon.adding(milliseconds: -horizonMilliseconds / 2)
        sleepingUntil = min(wheel.nextDeadline ?? .distantFuture, max(refill, clock.now().adding(milliseconds: 1)))
        let bell = Signal(on: executor)
        alarm = bell
        await bell.wait(until: sleepingUntil, clock: clock)
        sleepingUntil = .distantFuture
        return takeDue()
    }

    /// Ends the wait in `nextDue`, for ever.
    func close() async {
        isClosed = true
        await alarm.set()
    }

    private func takeDue() -> [SessionReference] {
        wheel.advance(to: clock.now()).map { key in
            SessionReference(scope: scopes[Int(key.scope)], key: key.session)
        }
    }

    private func key(of session: SessionKey, in scope: Scope) -> TimerKey {
        if let number = scopeNumbers[scope] { return TimerKey(session: session, scope: number) }
        let number = UInt32(scopes.count)
        scopes.append(scope)
        scopeNumbers[scope] = number
        return TimerKey(session: session, scope: number)
    }
}
