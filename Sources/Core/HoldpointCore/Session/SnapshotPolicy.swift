/// When a state is written as a snapshot, so that few events need to be folded to rebuild it.
package struct SnapshotPolicy: Sendable, Equatable {
    /// Events since the last snapshot at which one is written in any case.
    package var everyEvents: Int64 = 64
    /// Events since an earlier snapshot, or in a session's only commit, below which a pause needs no new one, if the
    /// bytes are few, too.
    package var pauseEvents: Int64 = 16
    /// Bytes of event data since an earlier snapshot, or in a session's only commit, below which a pause needs no new
    /// one, if the events are few, too.
    package var pauseBytes = 16 * 1_024

    package init() {}

    /// Whether a snapshot goes with the events that led to `state`.
    ///
    /// One row is enough for any node to rebuild a waiting session: the latest snapshot, or the commit with which it
    /// began.
    ///
    /// - Parameters:
    ///   - head: the number of the session's last event before; 0 if there was none.
    ///   - last: the number of the last event in the latest snapshot; 0 if there is none.
    ///   - bytes: bytes of event data since then.
    package func isDue(_ state: SessionState, after head: Int64, since last: Int64, bytes: Int) -> Bool {
        let events = state.sequence - last
        if state.status.isFinal { return events >= pauseEvents && bytes >= pauseBytes }
        if events >= everyEvents { return true }
        guard state.status == .waiting else { return false }
        if last == 0, head > 0 { return true }
        return events >= pauseEvents || bytes >= pauseBytes
    }
}
