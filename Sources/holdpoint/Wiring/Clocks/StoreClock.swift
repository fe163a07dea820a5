import EventLoop
import HoldpointCore
import HoldpointPorts

/// The clock of a node that shares a store: the store's time, as far as the node has heard of it.
struct StoreClock: Clock {
    /// A sleep is cut into pieces of this length, so that what was heard meanwhile counts.
    private static let longestNapMilliseconds: Int64 = 1_000

    private let agreement: Locked<TimeAgreement>

    init() {
        agreement = Locked(TimeAgreement(with: SystemClock().now(), at: SystemClock.steadyMilliseconds))
    }

    func now() -> Timestamp { agreement.withLock { $0.time(at: SystemClock.steadyMilliseconds) } }

    var steadyMilliseconds: Int64 { SystemClock.steadyMilliseconds }

    func sleep(until time: Timestamp) async {
        while !Task.isCancelled {
            let left = time.milliseconds - now().milliseconds
            guard left > 0 else { return }
            try? await Task.sleep(for: .milliseconds(min(left, Self.longestNapMilliseconds)))
        }
    }

    func agree(on time: Timestamp) {
        agreement.withLock { $0.agree(on: time, at: SystemClock.steadyMilliseconds) }
    }
}
