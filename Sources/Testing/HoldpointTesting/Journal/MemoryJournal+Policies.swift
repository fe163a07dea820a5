package import HoldpointCore
package import HoldpointPorts
package import JSON

extension MemoryJournal {
    package func putPolicy(
        _ document: JSONValue, by principal: Principal, at time: Timestamp, in scope: Scope
    ) async throws(JournalError) -> PolicyRecord? {
        store.withState { $0.putPolicy(document, by: principal, at: time, in: scope) }
    }

    package func policy(in scope: Scope) async throws(JournalError) -> PolicyRecord? {
        store.withState { $0.policies[scope]?.last }
    }

    package func policy(version: Int64, in scope: Scope) async throws(JournalError) -> PolicyRecord? {
        store.withState { store in store.policies[scope]?.first { $0.version == version } }
    }

    package func policies(
        in scope: Scope, before version: Int64?, limit: Int
    ) async throws(JournalError) -> [PolicyRecord] {
        store.withState { $0.policies(in: scope, before: version, limit: limit) }
    }

    package func counters(
        _ queries: [CounterQuery], in scope: Scope
    ) async throws(JournalError) -> [CounterReading] {
        try store.withState { store throws(JournalError) in try store.readings(of: queries, in: scope) }
    }
}
