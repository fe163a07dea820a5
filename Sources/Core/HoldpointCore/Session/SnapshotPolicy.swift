/// When a state is written as a snapshot, so that few events need to be folded to rebuild it.
package struct SnapshotPolicy: Sendable, Equatable {
    /// Events since the last snapshot at which one is written in any case.
    package var everyEvents: Int64 = 64
    /// Events since an earlier snapshot below which a pause needs no new one, if the bytes are few, too.
    package var pauseEvents: Int64 = 16
    /// Bytes of event data since an earlier snapshot below which a pause needs no new one, if the events are few, too.
    package var pauseBytes = 16 * 1_024

    package init() {}

    /// Whether a snapshot goes with the events that led to `state`.
    ///
    /// - Parameters:
    ///   - last: the number of the last event in the latest snapshot; 0 if there is none.
    ///   - bytes: bytes of event data since then.
    package func isDue(_ state: SessionState, since last: Int64, bytes: Int) -> Bool {
        let events = state.sequence - last
        if state.status.isFinal { return events >= pauseEvents && bytes >= pauseBytes }
        if events >= everyEvents { return true }
        guard state.status == .waiting else { return false }
        return last == 0 || events >= pauseEvents || bytes >= pauseBytes
    }
}
