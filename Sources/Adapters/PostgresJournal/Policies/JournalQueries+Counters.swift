import HoldpointCore
import HoldpointPorts
import PostgresClient

extension JournalQueries {
    private static let counters = PostgresStatement(
        """
        select u.place, c.revision, least(coalesce(e.sum, 0), \(Int64.max))::int8
        from unnest($3::bytea[], $4::int8[], $5::uuid[], $6::int8[])
            with ordinality as u(key, since, session, number, place)
        join counters c on c.tenant = $1 and c.project = $2 and c.key = u.key
        cross join lateral (
            select sum(x.amount) as sum from counter_entries x
            where x.tenant = $1 and x.project = $2 and x.counter = c.id and (u.since is null or x."time" > u.since)
                and (u.number is null or x.session <> u.session or x.number <> u.number)) e
        """)

    /// What counters of a project have, in the order of the queries.
    func counters(_ queries: [CounterQuery], in scope: Scope) async throws(PostgresError) -> [CounterReading] {
        var readings = queries.map { _ in CounterReading(revision: 0, sum: 0) }
        guard !queries.isEmpty, let project = try await projects.numbers(of: scope) else { return readings }
        let besides = queries.map { $0.besides?.shared }
        let parameters: [PostgresValue] = [
            .bytesArray(queries.map { Array($0.key.text.utf8) }), .int8Array(queries.map { $0.since?.milliseconds }),
            .identifiers(besides.map { $0?.session.value }), .int8Array(besides.map { $0?.number }),
        ]
        for row in try await rows(in: project, Self.counters, parameters) {
            let index = Int(try row.integer(0)) - 1
            guard readings.indices.contains(index) else { throw .unexpectedValue(column: 0, .malformed) }
            readings[index] = CounterReading(revision: try row.integer(1), sum: try row.integer(2))
        }
        return readings
    }
}
