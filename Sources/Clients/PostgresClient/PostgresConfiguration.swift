/// Whom a pool connects to, what for, and within which bounds.
package struct PostgresConfiguration: Sendable {
    /// What the connections of a pool are for, so that no purpose waits behind another.
    package enum Purpose: String, Sendable {
        /// Group commits: two connections, one segment under way on each.
        case write
        /// Rebuilding and queries: four connections.
        case read
        /// Leases: one connection, so that renewal never queues behind data.
        case lease
    }

    /// What the pool is for.
    package var purpose: Purpose
    /// Libpq's connection string or URI; TLS is chosen there (`sslmode`, `sslrootcert`, …).
    ///
    /// The first host is looked up on a thread of its own; if there are several, give `hostaddr` for each.
    package var connectionString: String
    /// How the connections appear in `pg_stat_activity`; nil leaves it to the connection string.
    package var applicationName: String?
    /// More settings of each connection, by name, as `set_config` takes them.
    package var settings: [String: String] = [:]
    /// The bounds.
    package var limits: PostgresLimits

    /// A pool with the default bounds of its purpose.
    package init(purpose: Purpose, connectionString: String, applicationName: String? = nil) {
        self.purpose = purpose
        self.connectionString = connectionString
        self.applicationName = applicationName
        limits = PostgresLimits()
        switch purpose {
        case .write: break
        case .read: limits.connections = 4
        case .lease:
            limits.connections = 1
            limits.pipelineDepth = 4
            limits.waitLimit = .seconds(1)
        }
    }

    /// The settings that every connection gets before its first segment.
    var connectionSettings: [(name: String, value: String)] {
        var all = settings
        all["statement_timeout"] = Self.milliseconds(limits.statementLimit)
        all["lock_timeout"] = Self.milliseconds(limits.lockLimit)
        all["idle_in_transaction_session_timeout"] = Self.milliseconds(limits.idleTransactionLimit)
        return all.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }
    }

    /// At least one: zero would mean no limit.
    private static func milliseconds(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        return "\(max(1, min(seconds, 1_000_000) * 1_000 + attoseconds / 1_000_000_000_000_000))ms"
    }
}
