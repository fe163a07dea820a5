import CEvent
import Glibc
import Synchronization

extension EventLoop {
    /// Runs `action` on the loop once, `delay` from now; from any thread.
    ///
    /// Returns a watch that can be cancelled. The resolution is about a millisecond. If the system has no memory
    /// left for a timer, the action runs at once rather than never.
    @discardableResult
    package func schedule(after delay: Duration, _ action: @escaping @Sendable () -> Void) -> EventWatch {
        watch(interval: delay, isRepeating: false, action)
    }

    /// Runs `action` on the loop every `interval`, at most once per round; from any thread.
    ///
    /// Returns a watch that can be cancelled. Intervals below a millisecond are taken as one.
    @discardableResult
    package func schedule(every interval: Duration, _ action: @escaping @Sendable () -> Void) -> EventWatch {
        watch(interval: max(interval, .milliseconds(1)), isRepeating: true, action)
    }

    /// Runs `action` on the loop whenever the process gets `signal`; from any thread.
    ///
    /// Throws `signalsOwnedElsewhere` if another loop of the process watches signals: libevent allows only one.
    @discardableResult
    package func onSignal(
        _ signal: Int32, _ action: @escaping @Sendable () -> Void
    ) throws(EventLoopError) -> EventWatch {
        guard SignalOwner.claim(self) else { throw .signalsOwnedElsewhere }
        let watch = EventWatch(loop: self, isRepeating: true, action: action)
        run {
            _ = watch.arm(descriptor: signal, flags: EV_SIGNAL | EV_PERSIST, interval: nil)
        }
        return watch
    }

    /// What a socket can be ready for.
    package enum Readiness: Sendable {
        case reading
        case writing
    }

    /// Runs `action` whenever a socket is ready; only on the loop's thread.
    ///
    /// Returns a watch that must be cancelled before the socket is closed; nil if the system has no memory for one. The
    /// end of the other side makes a socket ready for both. One socket may have one watch of each kind.
    package func watch(
        _ socket: Int32, for readiness: Readiness, _ action: @escaping @Sendable () -> Void
    ) -> EventWatch? {
        checkIsolated()
        let watch = EventWatch(loop: self, isRepeating: true, action: action)
        let flag = readiness == .reading ? EV_READ : EV_WRITE
        return watch.arm(descriptor: socket, flags: flag | EV_PERSIST, interval: nil) ? watch : nil
    }

    private func watch(
        interval: Duration, isRepeating: Bool, _ action: @escaping @Sendable () -> Void
    ) -> EventWatch {
        let watch = EventWatch(loop: self, isRepeating: isRepeating, action: action)
        run {
            if !watch.arm(descriptor: -1, flags: isRepeating ? EV_PERSIST : 0, interval: interval) { action() }
        }
        return watch
    }
}

/// Remembers which loop of the process watches signals.
enum SignalOwner {
    private static let owner = Atomic<UInt>(0)

    static func claim(_ loop: EventLoop) -> Bool {
        let mark = UInt(bitPattern: Unmanaged.passUnretained(loop).toOpaque())
        let result = owner.compareExchange(expected: 0, desired: mark, ordering: .acquiringAndReleasing)
        return result.exchanged || result.original == mark
    }

    static func release(_ loop: EventLoop) {
        let mark = UInt(bitPattern: Unmanaged.passUnretained(loop).toOpaque())
        _ = owner.compareExchange(expected: mark, desired: 0, ordering: .acquiringAndReleasing)
    }
}
