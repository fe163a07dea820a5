import Glibc
import HoldpointCore
import HoldpointPorts

/// The system's clock.
struct SystemClock: Clock {
    /// A sleep is cut into pieces of this length, so that a clock that was set is noticed.
    private static let longestNap: Int64 = 60_000

    func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000)
    }

    /// Goes on while the machine is suspended, and is never set.
    var steadyMilliseconds: Int64 { Self.steadyMilliseconds }

    /// The same, for clocks that count on it.
    static var steadyMilliseconds: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    }

    func sleep(until time: Timestamp) async {
        while !Task.isCancelled {
            let left = time.milliseconds - now().milliseconds
            guard left > 0 else { return }
            try? await Task.sleep(for: .milliseconds(min(left, Self.longestNap)))
        }
    }
}
