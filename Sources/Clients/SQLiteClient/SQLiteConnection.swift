import CSQLite

/// One connection to one database file, used by one thread at a time: the actor that owns it confines it.
package final class SQLiteConnection {
    /// How the file is opened.
    package enum Access: Sendable {
        /// Reading and writing; the file must exist.
        case readWrite
        /// Reading and writing; a missing file is made.
        case create
    }

    /// The file that was opened.
    package let path: String
    private let handle: OpaquePointer
    private var statements: [UnsafePointer<UInt8>: SQLiteStatement] = [:]

    // Counting every allocation takes a lock that all connections share; it must be switched off before the first one.
    private static let isLibraryPrepared = holdpoint_sqlite_omit_memory_statistics() == SQLITE_OK

    /// Opens a database.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - access: what may be done with it.
    ///   - busyTimeout: for how long a lock held by another connection is waited for.
    package init(path: String, access: Access, busyTimeout: Duration) throws(SQLiteError) {
        let mode =
            switch access {
            case .readWrite: SQLITE_OPEN_READWRITE
            case .create: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
            }
        // No mutex: the owner confines the connection. Extended codes: "disk full" and "no right" need different words.
        let flags = mode | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
        // Without the switch SQLite is slower and as correct, so its outcome does not matter.
        _ = Self.isLibraryPrepared
        var opened: OpaquePointer?
        let result = sqlite3_open_v2(path, &opened, flags, nil)
        guard result == SQLITE_OK, let opened else {
            let error = SQLiteError(extendedCode: result, message: Self.message(of: opened, result))
            sqlite3_close_v2(opened)
            throw error
        }
        self.path = path
        handle = opened
        sqlite3_busy_timeout(handle, Int32(clamping: Self.milliseconds(busyTimeout)))
    }

    deinit {
        statements.removeAll()
        sqlite3_close_v2(handle)
    }

    /// Runs a script of statements that take no values and whose rows, if any, are not wanted.
    package func execute(_ script: String) throws(SQLiteError) {
        try check(sqlite3_exec(handle, script, nil, nil, nil))
    }

    /// The prepared statement for a text in the program; it is prepared at its first use and kept.
    ///
    /// The cache is keyed by the address of the literal: it is bounded by the program's text and compares nothing.
    package func statement(_ text: StaticString) throws(SQLiteError) -> SQLiteStatement {
        if let kept = statements[text.utf8Start] { return kept }
        let prepared = try SQLiteStatement(text, on: handle)
        statements[text.utf8Start] = prepared
        return prepared
    }

    /// The present value of a setting, as text.
    package func pragma(_ name: String) throws(SQLiteError) -> String {
        let statement = try SQLiteStatement(text: "PRAGMA \(name)", on: handle, isKept: false)
        defer { statement.reset() }
        return try statement.step() ? statement.text(0) : ""
    }

    /// Changes a setting and reads it back.
    ///
    /// - Returns: the value in force afterwards, which may differ: SQLite ignores what it cannot do.
    package func setPragma(_ name: String, to value: String) throws(SQLiteError) -> String {
        try execute("PRAGMA \(name)=\(value)")
        return try pragma(name)
    }

    /// Whether a transaction is open; some errors (disk full, input or output) close it by themselves.
    package var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

    /// The key of the row that this connection inserted last.
    package var lastInsertedRow: Int64 { sqlite3_last_insert_rowid(handle) }

    /// How many rows the last insert, update or delete changed.
    package var changedRows: Int64 { sqlite3_changes64(handle) }

    private static func milliseconds(_ duration: Duration) -> Int64 {
        let (seconds, attoseconds) = duration.components
        return seconds * 1_000 + attoseconds / 1_000_000_000_000_000
    }

    private func check(_ result: Int32) throws(SQLiteError) {
        guard result != SQLITE_OK else { return }
        throw SQLiteError(extendedCode: result, message: Self.message(of: handle, result))
    }

    static func message(of handle: OpaquePointer?, _ result: Int32) -> String {
        let text = handle.map { sqlite3_errmsg($0) } ?? sqlite3_errstr(result)
        return text.map { String(cString: $0) } ?? "unknown error"
    }
}
