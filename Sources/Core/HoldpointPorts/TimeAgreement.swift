package import HoldpointCore

/// How a node's clock follows the store's, so that all nodes judge deadlines by one time.
///
/// It counts on a clock that only goes forward, and keeps how far the store's is from that. What a node hears of the
/// store's time is as old as the answer took, and never early: of the last measurements the one that is furthest ahead
/// is the best. The first one is taken over as it is, since nothing of this life is dated yet. After it, time goes
/// forward at once, since what is due by the store's clock is due; it never goes back, or a session's events would:
/// a clock that is ahead goes at half pace until the store's has caught up.
package struct TimeAgreement: Sendable {
    /// Measurements that are looked at together; at one each second, for as many seconds a slow answer does no harm.
    package static let measurements = 16

    /// How far the store's clock is from the monotonic one by each of the last measurements, in milliseconds.
    private var measured: [Int64] = []
    /// How far the node's clock was when it last was corrected.
    private var distance: Int64
    /// Where it goes from there.
    private var target: Int64
    /// When that was, on the monotonic clock.
    private var since: Int64

    /// Begins with the node's own time, until there is a measurement.
    ///
    /// - Parameter milliseconds: what the monotonic clock shows.
    package init(with time: Timestamp, at milliseconds: Int64) {
        distance = time.milliseconds - milliseconds
        target = distance
        since = milliseconds
    }

    /// The time when the monotonic clock shows so many milliseconds.
    package func time(at milliseconds: Int64) -> Timestamp {
        Timestamp(milliseconds: milliseconds + distance(at: milliseconds))
    }

    /// Learns what the store's time was, when the monotonic clock shows so many milliseconds.
    package mutating func agree(on time: Timestamp, at milliseconds: Int64) {
        let isFirst = measured.isEmpty
        if measured.count == Self.measurements { measured.removeFirst() }
        measured.append(time.milliseconds - milliseconds)
        let present = distance(at: milliseconds)
        target = measured.max() ?? present
        distance = isFirst ? target : max(present, target)
        since = milliseconds
    }

    private func distance(at milliseconds: Int64) -> Int64 {
        max(target, distance - max(0, milliseconds - since) / 2)
    }
}
