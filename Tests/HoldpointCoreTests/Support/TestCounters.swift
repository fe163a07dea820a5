import HoldpointCore

/// Counters as a store has them, for sessions that are driven by hand.
struct TestCounters {
    private var entries: [CounterKey: [CounterEntryID: CounterEntry]] = [:]
    private var revisions: [CounterKey: Int64] = [:]

    struct Outdated: Error {}

    func reading(of query: CounterQuery) -> CounterReading {
        let found = (entries[query.key] ?? [:]).values.filter { query.counts($0) }
        return CounterReading(revision: revisions[query.key] ?? 0, sum: found.reduce(0) { $0 + $1.amount })
    }

    mutating func apply(_ changes: [CounterChange]) throws {
        let before = revisions
        for change in changes {
            switch change {
            case .reserve(let key, let revision, let entry):
                guard before[key] ?? 0 == revision else { throw Outdated() }
                add(entry, to: key)
            case .add(let key, let entry): add(entry, to: key)
            case .release(let key, let id): entries[key]?[id] = nil
            }
        }
    }

    private mutating func add(_ entry: CounterEntry, to key: CounterKey) {
        revisions[key, default: 0] += 1
        entries[key, default: [:]][entry.id] = entry
    }
}
