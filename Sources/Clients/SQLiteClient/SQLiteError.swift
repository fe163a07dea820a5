import CSQLite

/// What SQLite answered instead of doing as told: its codes and its message, which names tables but never holds data.
package struct SQLiteError: Error, Equatable, CustomStringConvertible {
    /// The extended result code (sqlite.org/rescode.html).
    package let extendedCode: Int32
    /// SQLite's own sentence.
    package let message: String

    /// An error with a code of SQLite and a sentence.
    package init(extendedCode: Int32, message: String) {
        self.extendedCode = extendedCode
        self.message = message
    }

    /// What is stored has a form that cannot have been written: damage that SQLite itself does not see.
    package static func damaged(_ message: String) -> SQLiteError {
        SQLiteError(extendedCode: damagedRowCode, message: message)
    }

    /// An extended code that SQLite does not use: the rows are damaged, and the file around them is not.
    private static let damagedRowCode = SQLITE_CORRUPT | 0xFF << 8

    /// A write does not fit what is stored, in a way that no constraint of the tables expresses.
    package static func unfit(_ message: String) -> SQLiteError {
        SQLiteError(extendedCode: SQLITE_CONSTRAINT, message: message)
    }

    /// The primary result code: the low byte of the extended one.
    package var code: Int32 { extendedCode & 0xFF }

    /// What kind of trouble it is, for deciding what to do.
    package var kind: Kind {
        switch code {
        case SQLITE_BUSY, SQLITE_LOCKED: .busy
        case SQLITE_FULL: .full
        case SQLITE_IOERR, SQLITE_NOLFS, SQLITE_PROTOCOL: .inputOutput
        case SQLITE_CORRUPT: extendedCode == Self.damagedRowCode ? .damagedRow : .corrupt
        case SQLITE_NOTADB: .notADatabase
        case SQLITE_READONLY, SQLITE_PERM: .readOnly
        case SQLITE_CANTOPEN: .cannotOpen
        case SQLITE_CONSTRAINT: .constraint
        default: .other
        }
    }

    /// The kinds of trouble that callers tell apart.
    package enum Kind: Sendable {
        /// Another connection holds a lock for longer than the busy timeout.
        case busy
        /// The disk, or the database's own size limit, is full.
        case full
        /// Reading or writing the file failed.
        case inputOutput
        /// The file's content is damaged.
        case corrupt
        /// What a row holds is damaged; others are as good as before.
        case damagedRow
        /// The file is something else than a database.
        case notADatabase
        /// The file or its folder may not be written.
        case readOnly
        /// The file cannot be opened or made.
        case cannotOpen
        /// A unique, not-null or check constraint refused a row.
        case constraint
        /// Anything else: a wrong statement, too little memory, a misuse.
        case other
    }

    /// The message with its code.
    package var description: String { "\(message) (SQLite code \(extendedCode))" }
}
