import HoldpointCore
import HoldpointPorts
import JSON

extension MemoryStore {
    /// A counter's row and its entries.
    struct Counter: Sendable {
        var revision: Int64 = 0
        var entries: [CounterEntryID: CounterEntry] = [:]
    }

    /// Whether the policy or a counter by which the commit's calls were judged has changed.
    func isOutdated(_ commit: SessionCommit) -> Bool {
        let scope = commit.identity.scope
        if let version = commit.policy, version != policies[scope]?.last?.version ?? 0 { return true }
        return CounterEffect.effects(of: commit.counters).contains { effect in
            effect.expected.map { $0 != counters[scope]?[effect.key]?.revision ?? 0 } ?? false
        }
    }

    mutating func count(_ changes: [CounterChange], in scope: Scope) {
        for effect in CounterEffect.effects(of: changes) {
            var counter = counters[scope]?[effect.key] ?? Counter()
            counter.revision += effect.raises
            for id in effect.released { counter.entries[id] = nil }
            if let time = effect.time { counter.removeEntries(before: time) }
            for entry in effect.added where counter.entries[entry.id] == nil { counter.entries[entry.id] = entry }
            if effect.raises > 0 || counters[scope]?[effect.key] != nil {
                counters[scope, default: [:]][effect.key] = counter
            }
        }
    }

    func readings(of queries: [CounterQuery], in scope: Scope) throws(JournalError) -> [CounterReading] {
        guard queries.count <= CounterLimits.queries else {
            throw .refused("at most \(CounterLimits.queries) counters are asked for at once, not \(queries.count)")
        }
        return queries.map { query in
            let counter = counters[scope]?[query.key] ?? Counter()
            let entries = counter.entries.values.filter { entry in
                (query.since.map { entry.time > $0 } ?? true) && entry.id != query.besides?.shared
            }
            let sum = entries.reduce(Int64(0)) { sum, entry in
                let (total, isOver) = sum.addingReportingOverflow(entry.amount)
                return isOver ? .max : total
            }
            return CounterReading(revision: counter.revision, sum: sum)
        }
    }

    // MARK: Policies

    mutating func putPolicy(
        _ document: JSONValue, by principal: Principal, at time: Timestamp, in scope: Scope
    ) -> PolicyRecord? {
        guard projects.contains(scope) else { return nil }
        let present = policies[scope]?.last
        if let present, present.document == document { return present }
        let record = PolicyRecord(
            version: (present?.version ?? 0) + 1, document: document, principal: principal, createdAt: time)
        policies[scope, default: []].append(record)
        return record
    }

    func policies(in scope: Scope, before version: Int64?, limit: Int) -> [PolicyRecord] {
        let records = (policies[scope] ?? []).filter { record in version.map { record.version < $0 } ?? true }
        var page: [PolicyRecord] = []
        var bytes = 0
        for record in records.reversed().prefix(limit) where bytes < JournalPage.bytes {
            bytes += record.documentBytes
            page.append(record)
        }
        return page
    }
}

extension MemoryStore.Counter {
    fileprivate mutating func removeEntries(before time: Timestamp) {
        let ended = entries.values.filter { entry in entry.until.map { $0 < time } ?? false }
        let first = ended.sorted { ($0.until ?? time) < ($1.until ?? time) }.prefix(CounterLimits.expiredAtOnce)
        for entry in first { entries[entry.id] = nil }
    }
}
