package import HoldpointCore
package import HoldpointPorts

/// The events that were committed last, of whatever sessions: who begins to watch a session that has just begun need
/// not read it.
///
/// What is committed never changes, so that nothing here can be out of date; what is not here is read. The sessions
/// whose first event here is the oldest leave first.
package struct RecentEvents {
    private struct Run {
        var events: [RecordedEvent]
        var byteCount: Int
    }

    private let capacity: Int
    private var runs: [SessionKey: Run] = [:]
    /// The sessions in the order in which they came; from `first` on they are still here.
    private var order: [SessionKey] = []
    private var first = 0
    /// How many bytes of data are held.
    package private(set) var byteCount = 0

    /// Holds nothing yet.
    ///
    /// - Parameter capacity: how many bytes of data are held at most.
    package init(capacity: Int) {
        self.capacity = capacity
    }

    /// Takes in events that are committed, in their order and without a gap.
    package mutating func add(_ events: [RecordedEvent], of key: SessionKey) {
        guard let next = events.first else { return }
        let bytes = events.reduce(0) { $0 + $1.data.count }
        if var run = runs[key] {
            // What came twice, or after a gap, is left to the journal.
            guard run.events.last?.sequence == next.sequence - 1 else { return }
            run.events += events
            run.byteCount += bytes
            runs[key] = run
        } else {
            runs[key] = Run(events: events, byteCount: bytes)
            order.append(key)
        }
        byteCount += bytes
        while byteCount > capacity, first < order.count { dropFirst() }
    }

    /// The events after one, up to a head or beyond; nil unless all of them are here.
    package func events(of key: SessionKey, after sequence: Int64, head: Int64) -> ArraySlice<RecordedEvent>? {
        guard let run = runs[key], let oldest = run.events.first?.sequence, let last = run.events.last?.sequence,
            oldest - 1 <= sequence, sequence <= last, head <= last
        else { return nil }
        return run.events.dropFirst(Int(sequence - (oldest - 1)))
    }

    private mutating func dropFirst() {
        if let run = runs.removeValue(forKey: order[first]) { byteCount -= run.byteCount }
        first += 1
        // Moved up once in as many steps as there are entries to move.
        if first * 2 > order.count {
            order.removeFirst(first)
            first = 0
        }
    }
}
