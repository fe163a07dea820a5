package import EventLoop
package import HoldpointPorts
import PostgresClient

/// The shared store: one Postgres database for any number of nodes, which share the 256 shards by leases.
///
/// It implements `Journal` and `Directory`. Everything is durable when a call returns, as far as the server is told to
/// make it so (`synchronous_commit`, `fsync`). Texts that may hold U+0000 are kept as bytes.
///
/// Four pools, so that no purpose waits behind another; each has one role from the first statement on:
/// - `writer`, `holdpoint_engine`: connection 0 and 1 are the slots of `HeldFences`. Whoever changes rows of tenants
///   names these tenants' numbers first, in the same segment (`Tenants.name`), or the policies refuse it.
/// - `reader`, `holdpoint_api`: sees one project, which a segment names first (`JournalQueries.segment`); read only.
/// - `overseer`, `holdpoint_engine`: sees all projects; read only.
/// - `lease`, `holdpoint_engine`: nodes, fences and shards only.
package final class PostgresJournal: Sendable {
    let configuration: PostgresJournalConfiguration
    let clock: any Clock
    /// How the connections of this process are known among all others: `holdpoint:NUMBER`, then `:` and their purpose.
    let label: String
    let writer: PostgresPool
    let reader: PostgresPool
    let overseer: PostgresPool
    let lease: PostgresPool
    let fences = HeldFences()
    let lanes: JournalLanes
    let projects: KnownProjects
    let horizon: FeedHorizon

    private init(
        _ configuration: PostgresJournalConfiguration, clock: any Clock, number: Int64, on loop: EventLoop
    ) throws(PostgresConnectFailure) {
        self.configuration = configuration
        self.clock = clock
        let label = "holdpoint:\(number)"
        self.label = label
        let pools = Pools(configuration: configuration, label: label, loop: loop)
        writer = try pools.open(.write, "write", role: "holdpoint_engine", connections: HeldFences.slots)
        reader = try pools.open(
            .read, "read", role: "holdpoint_api", connections: configuration.readers, isReadOnly: true)
        overseer = try pools.open(
            .read, "oversee", role: "holdpoint_engine", connections: configuration.overseers, isReadOnly: true)
        lease = try pools.open(.lease, "lease", role: "holdpoint_engine", connections: LeaseConnections.count)
        horizon = FeedHorizon(loop)
        projects = KnownProjects(overseer, capacity: configuration.rememberedProjects)
        lanes = JournalLanes(writer, fences: fences, limits: configuration.writes, on: loop)
    }

    /// Opens the store, whose schema must be that of this release, or a later one's that admits it.
    ///
    /// - Parameters:
    ///   - configuration: where and how.
    ///   - loop: what the connections run on; it is to be stopped after `close`.
    ///   - clock: dates what the store itself makes, such as versions of agents.
    /// - Throws: `JournalUnusable` with what to do; nothing is changed then.
    package static func open(
        _ configuration: PostgresJournalConfiguration, on loop: EventLoop, clock: any Clock
    ) async throws(JournalUnusable) -> PostgresJournal {
        let number = try await configuration.schema.check(
            configuration.connectionString, formats: configuration.formats, on: loop)
        let journal: PostgresJournal
        do throws(PostgresConnectFailure) {
            journal = try PostgresJournal(configuration, clock: clock, number: number, on: loop)
        } catch {
            throw .postgres(error)
        }
        for pool in [journal.writer, journal.reader, journal.overseer, journal.lease] {
            do throws(PostgresConnectFailure) {
                try await pool.ready()
            } catch {
                await journal.close()
                throw .postgres(error)
            }
        }
        return journal
    }

    /// Finishes what was sent and lets the connections go; later calls throw `unavailable`.
    package func close() async {
        for pool in [writer, reader, overseer, lease] { await pool.close() }
    }
}

/// How the pools of one process are opened.
private struct Pools {
    let configuration: PostgresJournalConfiguration
    let label: String
    let loop: EventLoop

    func open(
        _ purpose: PostgresConfiguration.Purpose, _ name: String, role: String, connections: Int,
        isReadOnly: Bool = false
    ) throws(PostgresConnectFailure) -> PostgresPool {
        var pool = PostgresConfiguration(
            purpose: purpose, connectionString: configuration.connectionString,
            applicationName: "\(label):\(name)")
        pool.settings["role"] = role
        pool.settings["search_path"] = PostgresSchema.name
        // A statement asks for rows by their keys. Its plan is made once, mostly while the tables are empty, and is
        // kept: one that reads whole tables would take longer with every session that there is.
        for method in ["enable_seqscan", "enable_hashjoin", "enable_mergejoin", "jit"] { pool.settings[method] = "off" }
        // Left to itself, the server makes a new plan for each batch, since it takes an array that it cannot see for a
        // long one; that costs more than the statement itself does for a short one.
        if purpose != .read { pool.settings["plan_cache_mode"] = "force_generic_plan" }
        if isReadOnly {
            pool.settings["default_transaction_read_only"] = "on"
            // Each page is in the order of an index; who cannot know how much follows it would rather sort it all.
            pool.settings["enable_sort"] = "off"
        }
        pool.limits.connections = max(1, connections)
        // Each of these reads is short, as long as whoever reads much takes a connection for itself; one after the
        // other, they would wait for the loop between any two.
        if purpose == .read { pool.limits.pipelineDepth = max(1, configuration.readDepth) }
        if purpose == .lease {
            // A server that does not answer is given up before the next renewals have gone by, too.
            pool.limits.statementLimit = max(.seconds(3), configuration.leaseDuration)
            pool.limits.lockLimit = .seconds(2)
            pool.limits.connectLimit = .seconds(2)
            pool.limits.silenceGrace = .seconds(1)
        }
        return try PostgresPool.open(pool, on: loop)
    }
}

extension JournalUnusable {
    /// What it means that there is no connection.
    static func postgres(_ failure: PostgresConnectFailure) -> JournalUnusable {
        JournalUnusable(.notAccessible, "the Postgres database cannot be used: \(failure)")
    }

    /// What an error of a first statement means.
    static func postgres(_ error: PostgresError) -> JournalUnusable {
        JournalUnusable(.notAccessible, "the Postgres database cannot be used: \(error)")
    }
}
