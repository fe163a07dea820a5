import HoldpointCore

/// How the shared store is opened; every limit has its default here.
package struct PostgresJournalConfiguration: Sendable {
    /// Libpq's connection string or URI of the database.
    ///
    /// Its login role is a member of `holdpoint_owner` (to migrate), `holdpoint_engine` and `holdpoint_api`.
    package var connectionString: String
    /// The tables that this release knows; the database has these or a later release's that admit it.
    package var schema = PostgresSchema.current
    /// The number of the latest forms of data that this release reads, as other nodes are told.
    package var formats = DataFormats.number
    /// Which release this is, as operators are told; nil if that is nobody's affair.
    package var release: String?
    /// For how long a lease stands after a renewal, by the database's clock; default 3 s.
    package var leaseDuration: Duration = .seconds(3)
    /// How much earlier than its lease a node stops deciding by itself; default 500 ms.
    package var leaseMargin: Duration = .milliseconds(500)
    /// For how long a takeover waits for what a dead node left running, before it cuts that node's connections and
    /// waits once more; default 500 ms.
    package var takeoverPatience: Duration = .milliseconds(500)
    /// For how long the node of an ended lease is remembered; default 1 h.
    package var nodeMemory: Duration = .seconds(3_600)
    /// How many connections read within scopes, as `holdpoint_api`; default 3.
    package var readers = 3
    /// How many connections read across scopes, as `holdpoint_engine`; default 2.
    package var overseers = 2
    /// How many short reads may be under way on one of these connections; default 8.
    package var readDepth = 8
    /// How many projects' numbers are remembered before it starts to remember anew; default 4,096.
    package var rememberedProjects = 4_096
    /// What may wait to be written, and what is written together.
    package var writes = WriteLimits()

    /// Names the database; the rest has its defaults.
    package init(connectionString: String) {
        self.connectionString = connectionString
    }
}
