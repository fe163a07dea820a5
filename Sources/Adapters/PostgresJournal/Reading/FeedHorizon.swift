import EventLoop
import Synchronization

/// How long readers wait for older transactions, and what is known of those that take too long.
///
/// Rows become visible in the order in which transactions end, while the feed is in the order in which they began to
/// write. So a feed is read only below the oldest transaction that is under way anywhere in the cluster.
final class FeedHorizon: Sendable {
    /// The pauses between looks while something committed waits for an older transaction, 252 ms together.
    static let pauses: [Duration] = [2, 4, 8, 16, 32, 64, 126].map { .milliseconds($0) }

    private let loop: EventLoop
    private let stalledAt = Atomic<Int64>(-1)
    private let stallCount = Atomic<Int64>(0)

    init(_ loop: EventLoop) {
        self.loop = loop
    }

    /// How often the pauses were not enough: each time a long transaction of the cluster held the feeds back.
    var stalls: Int64 { stallCount.load(ordering: .relaxed) }

    /// Whether that transaction was waited for in vain already; waiting for it again would slow every reader down.
    func isStalled(at oldest: Int64) -> Bool { stalledAt.load(ordering: .relaxed) == oldest }

    /// Notes that the pauses were not enough.
    func stall(at oldest: Int64) {
        if stalledAt.exchange(oldest, ordering: .relaxed) != oldest { stallCount.add(1, ordering: .relaxed) }
    }

    /// Waits.
    func pause(_ duration: Duration) async {
        await withCheckedContinuation { continuation in
            loop.schedule(after: duration) { continuation.resume() }
        }
    }
}
