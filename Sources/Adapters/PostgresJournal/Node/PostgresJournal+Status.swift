import PostgresClient

/// How a shared store is doing, for metrics.
package struct PostgresJournalStatus: Sendable, Equatable {
    /// A set of connections for one purpose.
    package struct Pool: Sendable, Equatable {
        /// What they are for: `write`, `read`, `oversee` or `lease`.
        package let name: String
        /// How many connections stand.
        package let connected: Int
        /// How many segments are sent and not answered.
        package let underWay: Int
        /// How many segments wait for a connection.
        package let waiting: Int
    }

    /// The pools.
    package let pools: [Pool]
    /// How often a long transaction of the cluster held the feeds back.
    package let feedStalls: Int64
}

extension PostgresJournal {
    /// How it is doing now.
    package func status() async -> PostgresJournalStatus {
        var pools: [PostgresJournalStatus.Pool] = []
        for (name, pool) in [("write", writer), ("read", reader), ("oversee", overseer), ("lease", lease)] {
            let now = await pool.statusNow()
            pools.append(
                PostgresJournalStatus.Pool(
                    name: name, connected: now.connected, underWay: now.underWay, waiting: now.waiting))
        }
        return PostgresJournalStatus(pools: pools, feedStalls: feedStalls)
    }

    /// Where the database is does not stand there: whoever reaches a node may read it.
    package var problem: String? {
        get async {
            for pool in [writer, lease] where await pool.statusNow().connected == 0 {
                return "no connection to the database stands"
            }
            return nil
        }
    }
}
