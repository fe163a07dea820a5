import EventLoop
import HoldpointPorts

/// Doorbells that were rung in this turn of the engine and are still to be published, within bounds.
final class DoorbellOutbox: Sendable {
    /// What became of a doorbell.
    enum Admission {
        /// It waits, and nobody has been asked yet to publish it.
        case first
        /// It waits with others that somebody is about to publish.
        case another
        /// There is no room: it stays behind.
        case refused
    }

    private struct State: Sendable {
        var doorbells: [Doorbell] = []
        var bytes = 0
    }

    private let state = Locked(State())
    private let maximumCount: Int
    private let maximumBytes: Int

    init(maximumCount: Int, maximumBytes: Int) {
        self.maximumCount = maximumCount
        self.maximumBytes = maximumBytes
    }

    func add(_ doorbell: Doorbell) -> Admission {
        let bytes = doorbell.events.reduce(0) { $0 + $1.data.count }
        return state.withLock { state in
            guard state.doorbells.count < maximumCount, state.bytes + bytes <= maximumBytes else { return .refused }
            state.doorbells.append(doorbell)
            state.bytes += bytes
            return state.doorbells.count == 1 ? .first : .another
        }
    }

    func takeAll() -> [Doorbell] {
        state.withLock { state in
            defer { state = State() }
            return state.doorbells
        }
    }
}
