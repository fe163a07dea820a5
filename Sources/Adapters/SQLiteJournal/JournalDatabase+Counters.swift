import HoldpointCore
import HoldpointPorts
import SQLiteClient

extension JournalDatabase {
    /// Whether the policy or a counter by which the commit's calls were judged has changed.
    func isOutdated(_ commit: SessionCommit, project: Int64) throws(SQLiteError) -> Bool {
        if let version = commit.policy,
            try PolicyRow.versionInForce(project: project, on: connection) != version
        {
            return true
        }
        for effect in CounterEffect.effects(of: commit.counters) {
            guard let expected = effect.expected else { continue }
            if try counter(effect.key, project: project)?.revision ?? 0 != expected { return true }
        }
        return false
    }

    /// Carries out what a commit changes in counters.
    func write(_ changes: [CounterChange], project: Int64) throws(SQLiteError) {
        for effect in CounterEffect.effects(of: changes) {
            let known =
                try effect.raises > 0 ? raise(effect, project: project) : counter(effect.key, project: project)?.id
            guard let id = known else { continue }
            for entry in effect.released { try delete(entry, of: id) }
            if let time = effect.time { try deleteEntries(of: id, before: time) }
            for entry in effect.added { try insert(entry, of: id, project: project) }
        }
    }

    private func counter(
        _ key: CounterKey, project: Int64
    ) throws(SQLiteError) -> (id: Int64, revision: Int64)? {
        let select = try connection.statement("SELECT id, revision FROM counters WHERE project = ?1 AND key = ?2")
        defer { select.reset() }
        try select.bind(project, at: 1)
        try select.bind(key.text, at: 2)
        return try select.step() ? (select.integer(0), select.integer(1)) : nil
    }

    /// Raises a counter's revision, making its row if there is none.
    private func raise(_ effect: CounterEffect, project: Int64) throws(SQLiteError) -> Int64? {
        let upsert = try connection.statement(
            """
            INSERT INTO counters(project, key, revision) VALUES(?1, ?2, ?3)
            ON CONFLICT(project, key) DO UPDATE SET revision = revision + excluded.revision RETURNING id
            """)
        defer { upsert.reset() }
        try upsert.bind(project, at: 1)
        try upsert.bind(effect.key.text, at: 2)
        try upsert.bind(effect.raises, at: 3)
        return try upsert.step() ? upsert.integer(0) : nil
    }

    private func delete(_ entry: CounterEntryID, of counter: Int64) throws(SQLiteError) {
        let delete = try connection.statement(
            "DELETE FROM counter_entries WHERE counter = ?1 AND session = ?2 AND number = ?3")
        try delete.bind(counter, at: 1)
        try delete.bind(entry.session.value, at: 2)
        try delete.bind(entry.number, at: 3)
        try delete.run()
    }

    private func deleteEntries(of counter: Int64, before time: Timestamp) throws(SQLiteError) {
        let delete = try connection.statement(
            """
            DELETE FROM counter_entries WHERE counter = ?1 AND (session, number) IN (
                SELECT session, number FROM counter_entries WHERE counter = ?1 AND until < ?2 ORDER BY until LIMIT ?3)
            """)
        try delete.bind(counter, at: 1)
        try delete.bind(time, at: 2)
        try delete.bind(Int64(CounterLimits.expiredAtOnce), at: 3)
        try delete.run()
    }

    private func insert(_ entry: CounterEntry, of counter: Int64, project: Int64) throws(SQLiteError) {
        let insert = try connection.statement(
            """
            INSERT INTO counter_entries(counter, session, number, project, time, amount, until)
            VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING
            """)
        try insert.bind(counter, at: 1)
        try insert.bind(entry.id.session.value, at: 2)
        try insert.bind(entry.id.number, at: 3)
        try insert.bind(project, at: 4)
        try insert.bind(entry.time, at: 5)
        try insert.bind(entry.amount, at: 6)
        try insert.bind(entry.until, at: 7)
        try insert.run()
    }
}

extension JournalQueries {
    /// What counters of a project have, in the order of the queries.
    func counters(_ queries: [CounterQuery], in scope: Scope) throws(SQLiteError) -> [CounterReading] {
        let nothing = CounterReading(revision: 0, sum: 0)
        guard let project = try project(scope) else { return queries.map { _ in nothing } }
        // While this statement is open, all others read the same state of the database.
        let hold = try connection.statement("SELECT policy FROM projects WHERE id = ?1")
        defer { hold.reset() }
        try hold.bind(project, at: 1)
        _ = try hold.step()
        var readings: [CounterReading] = []
        for query in queries { readings.append(try reading(query, project: project) ?? nothing) }
        return readings
    }

    private func reading(_ query: CounterQuery, project: Int64) throws(SQLiteError) -> CounterReading? {
        // The upper and the lower half of each amount, whose sums cannot overflow.
        let select = try connection.statement(
            """
            SELECT c.revision, coalesce(sum(e.amount >> 32), 0), coalesce(sum(e.amount & 4294967295), 0)
            FROM counters c LEFT JOIN counter_entries e ON e.counter = c.id AND e.project = c.project
                AND (?3 IS NULL OR e.time > ?3)
                AND (?5 IS NULL OR e.session <> ?4 OR e.number <> ?5)
            WHERE c.project = ?1 AND c.key = ?2 GROUP BY c.id
            """)
        defer { select.reset() }
        try select.bind(project, at: 1)
        try select.bind(query.key.text, at: 2)
        try select.bind(query.since, at: 3)
        let besides = query.besides?.shared
        try select.bind(besides?.session.value ?? SessionKey.none, at: 4)
        try select.bind(besides?.number, at: 5)
        guard try select.step() else { return nil }
        let (high, low) = (select.integer(1), select.integer(2))
        let (upper, isOver) = high.multipliedReportingOverflow(by: 1 << 32)
        let (sum, isOverToo) = upper.addingReportingOverflow(low)
        return CounterReading(revision: select.integer(0), sum: isOver || isOverToo ? .max : sum)
    }
}

extension SessionKey {
    /// Stands for a session where none is meant.
    fileprivate static let none = Identifier128(high: 0, low: 0)
}
