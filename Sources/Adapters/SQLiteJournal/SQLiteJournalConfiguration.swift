package import SQLiteClient

/// How the embedded store is opened; every limit has its default here.
package struct SQLiteJournalConfiguration: Sendable {
    /// What the opener is, and so what is asked of the folder.
    package enum Role: Sendable {
        /// The one engine: makes what is missing and locks the folder against another engine.
        case engine
        /// A tool that makes tenants and keys beside a running engine: makes what is missing, takes no lock.
        case tool
        /// A tool that only looks: the data must exist.
        case inspector
    }

    /// The data folder.
    package var folder: String
    /// What the opener is.
    package var role: Role
    /// What is committed together and what may wait.
    package var group = GroupLimits()
    /// How large the database may become, in bytes; a commit beyond it fails as on a full disk.
    ///
    /// Nil means no limit.
    package var maximumDatabaseBytes: Int64?
    /// For how long a lock of another process, such as a tool's, is waited for.
    package var busyTimeout = Duration.seconds(5)
    /// Memory for pages of the database, in bytes, for writing and for reading each.
    package var cacheBytes: Int64 = 16 * 1_024 * 1_024
    /// How many pages the log gathers before it is copied into the database.
    ///
    /// More pages spare copies of those that change often; fewer keep the log in the processor's cache.
    package var checkpointPages: Int64 = 1_000
    /// Bytes of a page of a new database; small, since every commit writes whole pages of which it changes little.
    package var pageBytes: Int64 = 4_096
    /// How many sessions the writer remembers the rows of; beyond it, it starts to remember anew.
    package var rememberedSessions = 4_096

    /// Names the folder and the opener; the rest has its defaults.
    package init(folder: String, role: Role = .engine) {
        self.folder = folder
        self.role = role
    }
}
