package import HoldpointCore

/// What a commit's changes of one counter come to, as a store carries them out: first what is released, then what is
/// added.
package struct CounterEffect: Sendable, Equatable {
    /// Which counter.
    package let key: CounterKey
    /// The revision that it must have before the commit; nil: any.
    package private(set) var expected: Int64?
    /// By how much its revision rises: one for each entry that is added, whether it is there already or not.
    package private(set) var raises: Int64 = 0
    /// The entries to delete, where they are there.
    package private(set) var released: [CounterEntryID] = []
    /// The entries to add, where they are not there afterwards.
    package private(set) var added: [CounterEntry] = []

    /// A revision that no counter has: calls of one commit were judged by different ones.
    private static let contradiction: Int64 = -1

    private init(_ key: CounterKey) {
        self.key = key
    }

    private mutating func take(_ change: CounterChange) {
        switch change {
        case .reserve(_, let revision, let entry):
            expected = expected.map { $0 == revision ? $0 : Self.contradiction } ?? revision
            add(entry)
        case .add(_, let entry): add(entry)
        case .release(_, let id): release(id.shared)
        }
    }

    private mutating func add(_ entry: CounterEntry) {
        raises += 1
        let id = entry.id.shared
        guard !added.contains(where: { $0.id == id }) else { return }
        added.append(CounterEntry(id: id, time: entry.time, amount: entry.amount, until: entry.until))
    }

    private mutating func release(_ id: CounterEntryID) {
        added.removeAll { $0.id == id }
        if !released.contains(id) { released.append(id) }
    }

    /// The latest time of an entry that is added, nil if none is; what ended before is not asked for any more.
    package var time: Timestamp? { added.map(\.time).max() }

    /// What the changes of a commit come to, in the order in which the counters are named first.
    package static func effects(of changes: [CounterChange]) -> [CounterEffect] {
        if changes.isEmpty { return [] }
        var effects: [CounterEffect] = []
        var places: [CounterKey: Int] = [:]
        for change in changes {
            let place = places[change.key] ?? effects.count
            if place == effects.count {
                places[change.key] = place
                effects.append(CounterEffect(change.key))
            }
            effects[place].take(change)
        }
        return effects
    }
}

/// Limits of counters; each has a line in docs/operating.md.
package enum CounterLimits {
    /// Counters that one query may ask for; a store refuses more.
    package static let queries = 128
    /// Entries that nothing asks for any more and that are deleted, at most, when something is added to their counter.
    package static let expiredAtOnce = 16
}
