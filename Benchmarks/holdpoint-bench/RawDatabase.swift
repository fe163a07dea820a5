import Glibc
import SQLiteClient

/// The limit beside every figure: rows of 1,000 bytes through the same group-committing writer, and nothing else.
final class RawDatabase: GroupWritable {
    let connection: SQLiteConnection

    init(_ connection: SQLiteConnection) {
        self.connection = connection
    }

    func didBegin() throws(SQLiteError) {}

    func didRollBack() {}

    /// Opens a fresh file with the settings of the journal, given as it reads them back itself.
    static func make(_ path: String, settings: [(name: String, value: String)]) throws -> RawDatabase {
        // The client opens what exists.
        close(open(path, O_CREAT | O_RDWR, 0o600))
        let connection = try SQLiteConnection(path: path, access: .readWrite, busyTimeout: .seconds(5))
        for name in ["page_size", "journal_mode", "synchronous", "wal_autocheckpoint", "secure_delete"] {
            guard let value = settings.first(where: { $0.name == name })?.value else { continue }
            _ = try connection.setPragma(name, to: value)
        }
        try connection.execute(
            """
            CREATE TABLE rows (id INTEGER PRIMARY KEY, session BLOB NOT NULL, seq INTEGER NOT NULL, data BLOB NOT NULL);
            CREATE UNIQUE INDEX rows_by_session ON rows (session, seq);
            """)
        return RawDatabase(connection)
    }

    func append(session: [UInt8], sequence: Int64, data: [UInt8]) throws(SQLiteError) {
        let statement = try connection.statement("INSERT INTO rows (session, seq, data) VALUES (?, ?, ?)")
        try statement.bind(session, at: 1)
        try statement.bind(sequence, at: 2)
        try statement.bind(data, at: 3)
        try statement.run()
    }
}
