import EventLoop
import HoldpointCore
import PostgresClient

/// The numbers of projects, remembered since none is removed or renamed; what is not there is asked for each time.
final class KnownProjects: Sendable {
    private let pool: PostgresPool
    private let capacity: Int
    private let known = Locked<[Scope: ProjectNumbers]>([:])

    /// Makes an empty memory of at most `capacity` projects; beyond it, it starts to remember anew.
    ///
    /// - Parameter pool: connections of `holdpoint_engine`.
    init(_ pool: PostgresPool, capacity: Int) {
        self.pool = pool
        self.capacity = max(1, capacity)
    }

    private static let select = PostgresStatement(
        """
        select t.name, p.name, t.id, p.id from unnest($1::text[], $2::text[]) w(tenant, project)
          join tenants t on t.name = w.tenant join projects p on p.tenant = t.id and p.name = w.project
        """)

    /// The numbers of a project; nil if there is none.
    func numbers(of scope: Scope) async throws(PostgresError) -> ProjectNumbers? {
        // Every commit asks, and nearly always about one that is remembered.
        if let found = known.withLock({ $0[scope] }) { return found }
        return try await numbers(of: [scope])[scope]
    }

    /// The numbers of projects, with one query for all that are not remembered; those that are not there are left out.
    func numbers(of scopes: Set<Scope>) async throws(PostgresError) -> [Scope: ProjectNumbers] {
        var found = known.withLock { known in
            var found: [Scope: ProjectNumbers] = [:]
            for scope in scopes { found[scope] = known[scope] }
            return found
        }
        if found.count == scopes.count { return found }
        let missing = scopes.filter { found[$0] == nil }
        let names: [PostgresValue] = [
            .textArray(missing.map(\.tenant.text)), .textArray(missing.map(\.project.text)),
        ]
        var learned: [Scope: ProjectNumbers] = [:]
        for row in try await pool.run(Self.select, names).rows {
            learned[try row.scope(0)] = ProjectNumbers(tenant: try row.integer(2), project: try row.integer(3))
        }
        found.merge(learned) { first, _ in first }
        let fresh = learned
        known.withLock { known in
            if known.count + fresh.count > capacity { known.removeAll() }
            if fresh.count <= capacity { known.merge(fresh) { first, _ in first } }
        }
        return found
    }
}
