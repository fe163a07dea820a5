package import HoldpointCore
import HoldpointPorts

/// A clock that stands still until it is moved; whoever sleeps on it is woken by moving it.
package final class ManualClock: Clock {
    private struct Sleeper: Sendable {
        let id: UInt64
        let wakeAt: Timestamp
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct State: Sendable {
        var now: Timestamp
        var lastID: UInt64 = 0
        var sleepers: [Sleeper] = []
        /// Tests that wait until so many sleep.
        var watchers: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state: Guarded<State>

    package init(now: Timestamp = Timestamp(milliseconds: 1_763_683_200_000)) {
        state = Guarded(State(now: now))
    }

    package func now() -> Timestamp { state.read { $0.now } }

    package func sleep(until time: Timestamp) async {
        let id = state.withState { state -> UInt64 in
            state.lastID += 1
            return state.lastID
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let resumed = state.withState { state -> [CheckedContinuation<Void, Never>] in
                    // Asked in here: a cancellation after this finds the sleeper.
                    if Task.isCancelled || time <= state.now { return [continuation] }
                    state.sleepers.append(Sleeper(id: id, wakeAt: time, continuation: continuation))
                    return Self.takeSatisfiedWatchers(from: &state)
                }
                for continuation in resumed { continuation.resume() }
            }
        } onCancel: {
            cancelSleep(id)
        }
    }

    private func cancelSleep(_ id: UInt64) {
        let sleeper = state.withState { state -> Sleeper? in
            state.sleepers.firstIndex { $0.id == id }.map { state.sleepers.remove(at: $0) }
        }
        sleeper?.continuation.resume()
    }

    private static func takeSatisfiedWatchers(from state: inout State) -> [CheckedContinuation<Void, Never>] {
        let count = state.sleepers.count
        let satisfied = state.watchers.filter { $0.count <= count }.map(\.continuation)
        state.watchers.removeAll { $0.count <= count }
        return satisfied
    }

    /// When the next sleeper is to be woken; nil if nobody sleeps.
    package var nextWake: Timestamp? { state.read { $0.sleepers.lazy.map(\.wakeAt).min() } }

    /// Waits until so many tasks sleep.
    package func waitForSleepers(_ count: Int) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withState { state in
                if state.sleepers.count >= count { return true }
                state.watchers.append((count, continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }

    /// Moves time forward, never back, and wakes whoever is due, the earliest first.
    package func advance(to time: Timestamp) {
        let due = state.withState { state -> [Sleeper] in
            state.now = max(state.now, time)
            let due = state.sleepers.filter { $0.wakeAt <= state.now }
            state.sleepers.removeAll { $0.wakeAt <= state.now }
            return due.sorted { ($0.wakeAt, $0.id) < ($1.wakeAt, $1.id) }
        }
        for sleeper in due { sleeper.continuation.resume() }
    }

    /// Moves time forward by so many milliseconds.
    package func advance(milliseconds: Int64) {
        advance(to: now().adding(milliseconds: milliseconds))
    }
}
