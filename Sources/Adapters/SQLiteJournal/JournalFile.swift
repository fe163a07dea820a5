import HoldpointPorts
import SQLiteClient

/// The folder of the embedded store and the opening of its database: who may, with which settings, in which format.
struct JournalFile {
    static let databaseName = "holdpoint.db"
    static let lockName = "engine.lock"

    private let configuration: SQLiteJournalConfiguration
    private let folder: DatabaseFolder

    init(_ configuration: SQLiteJournalConfiguration) {
        self.configuration = configuration
        folder = DatabaseFolder(path: configuration.folder)
    }

    /// The path of the database.
    var path: String { folder.file(Self.databaseName) }

    /// Makes what the role may make, and takes the engine's lock.
    func prepare() throws(JournalUnusable) -> FolderLock? {
        if configuration.role == .inspector {
            guard folder.contains(Self.databaseName) else {
                throw JournalUnusable(.notAccessible, "there is no data in \(folder.path)")
            }
            return nil
        }
        do throws(DatabaseFolderError) {
            try folder.create()
            let lock = configuration.role == .engine ? try folder.lock(Self.lockName) : nil
            try folder.createFile(Self.databaseName)
            return lock
        } catch {
            throw unusable(error)
        }
    }

    /// Opens the connection that writes, and brings the file up to date.
    func openWriter() throws(JournalUnusable) -> SQLiteConnection {
        let connection: SQLiteConnection
        do throws(SQLiteError) {
            connection = try SQLiteConnection(path: path, access: .readWrite, busyTimeout: configuration.busyTimeout)
            // Works on an empty file only; others keep the size that they have.
            try connection.execute("PRAGMA page_size=\(configuration.pageBytes)")
        } catch {
            throw unusable(error)
        }
        try checkFormat(of: connection)
        // Freed space is overwritten, so that a destroyed secret does not stay in the database. Its sealed form can
        // stay in the log until the log is next written over; whoever can read that file still lacks the key.
        try put([("journal_mode", "wal"), ("synchronous", "2"), ("secure_delete", "1")], in: connection)
        try put([("wal_autocheckpoint", "\(configuration.checkpointPages)"), cacheSize], in: connection)
        try limitSize(of: connection)
        do throws(SQLiteError) { try JournalSchema.migrate(connection) } catch { throw unusable(error) }
        return connection
    }

    /// Opens the connection that reads.
    func openReader() throws(JournalUnusable) -> SQLiteConnection {
        let connection: SQLiteConnection
        do throws(SQLiteError) {
            connection = try SQLiteConnection(path: path, access: .readWrite, busyTimeout: configuration.busyTimeout)
        } catch {
            throw unusable(error)
        }
        try put([("query_only", "1"), cacheSize], in: connection)
        return connection
    }

    private var cacheSize: (String, String) { ("cache_size", "\(-configuration.cacheBytes / 1_024)") }

    /// Refuses a file that a later release or another program wrote.
    private func checkFormat(of connection: SQLiteConnection) throws(JournalUnusable) {
        let version: Int64
        let application: Int64
        let isEmpty: Bool
        do throws(SQLiteError) {
            version = Int64(try connection.pragma("user_version")) ?? 0
            application = Int64(try connection.pragma("application_id")) ?? 0
            let tables = try connection.statement("SELECT 1 FROM sqlite_schema LIMIT 1")
            isEmpty = try !tables.step()
            tables.reset()
        } catch {
            throw unusable(error)
        }
        guard application == JournalSchema.applicationID || isEmpty else {
            throw JournalUnusable(.damaged, "\(path) is a database of another program; choose another data folder")
        }
        guard version <= JournalSchema.version else {
            throw JournalUnusable(
                .newerFormat,
                "\(path) has format \(version), written by a later release; this one reads formats up to "
                    + "\(JournalSchema.version). Run the later release, or restore an older copy of the folder")
        }
    }

    private func limitSize(of connection: SQLiteConnection) throws(JournalUnusable) {
        guard let bytes = configuration.maximumDatabaseBytes else { return }
        do throws(SQLiteError) {
            let pageBytes = Int64(try connection.pragma("page_size")) ?? configuration.pageBytes
            // A database that is larger already keeps its size, so the value in force may be higher.
            _ = try connection.setPragma("max_page_count", to: "\(max(bytes / pageBytes, 1))")
        } catch {
            throw unusable(error)
        }
    }

    /// Changes settings, and refuses a file on which they are not in force then: SQLite ignores what it cannot do.
    private func put(_ settings: [(String, String)], in connection: SQLiteConnection) throws(JournalUnusable) {
        for (name, value) in settings {
            let actual: String
            do throws(SQLiteError) {
                actual = try connection.setPragma(name, to: value)
            } catch {
                throw unusable(error)
            }
            guard actual == value else {
                throw JournalUnusable(
                    .notAccessible,
                    "\(path) cannot be used: \(name) is \(actual) instead of \(value). The folder must be on a local "
                        + "disk that supports shared memory and locks")
            }
        }
    }

    private func unusable(_ error: DatabaseFolderError) -> JournalUnusable {
        switch error {
        case .locked:
            JournalUnusable(.inUse, "\(error); stop it first, or choose another data folder")
        case .system:
            JournalUnusable(.notAccessible, "\(error)")
        }
    }

    private func unusable(_ error: SQLiteError) -> JournalUnusable {
        switch error.kind {
        case .corrupt, .damagedRow, .notADatabase:
            JournalUnusable(.damaged, "\(path) is damaged: \(error). Nothing was changed; restore it from a copy")
        case .busy:
            JournalUnusable(.inUse, "\(path) is locked by another process: \(error)")
        case .full, .inputOutput, .readOnly, .cannotOpen, .constraint, .other:
            JournalUnusable(.notAccessible, "\(path) cannot be used: \(error)")
        }
    }
}
