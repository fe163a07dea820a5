import Glibc
import SQLiteClient
import Testing

@Suite("SQLite connection")
struct SQLiteConnectionTests {
    private func memory() throws -> SQLiteConnection {
        try SQLiteConnection(path: ":memory:", access: .create, busyTimeout: .milliseconds(10))
    }

    @Test func `values come back as they were bound, empty and null kept apart`() throws {
        let connection = try memory()
        try connection.execute("CREATE TABLE t(i INTEGER, s TEXT, b BLOB)")
        let insert = try connection.statement("INSERT INTO t VALUES(?1, ?2, ?3)")
        let rows: [(Int64?, String?, [UInt8]?)] = [
            (.max, "tea \u{0} for 2 \u{1F375}", [0, 1, 255]), (.min, "", []), (nil, nil, nil),
        ]
        for (number, text, bytes) in rows {
            try insert.bind(number, at: 1)
            try insert.bind(text, at: 2)
            try insert.bind(bytes, at: 3)
            try insert.run()
        }
        let select = try connection.statement("SELECT i, s, b FROM t ORDER BY rowid")
        for (number, text, bytes) in rows {
            #expect(try select.step())
            #expect(select.optionalInteger(0) == number)
            #expect(select.optionalText(1) == text)
            #expect(select.optionalBytes(2) == bytes)
        }
        #expect(try !select.step())
    }

    @Test(arguments: [0, 3, 100_000])
    func `borrowed bytes are stored and let go`(size: Int) throws {
        let bytes = [UInt8](repeating: 7, count: size)
        let connection = try memory()
        try connection.execute("CREATE TABLE t(k INTEGER, b BLOB)")
        let insert = try connection.statement("INSERT INTO t VALUES(?1, ?2)")
        try insert.bind(Int64(1), at: 1)
        try insert.run(borrowing: bytes, at: 2)
        let select = try connection.statement("SELECT b FROM t")
        #expect(try select.step())
        #expect(select.bytes(0) == bytes)
        #expect(!select.isNull(0))
        select.reset()
        #expect(connection.lastInsertedRow == 1)
        #expect(connection.changedRows == 1)
    }

    @Test func `a refused row names the constraint and not the data`() throws {
        let connection = try memory()
        try connection.execute("CREATE TABLE t(name TEXT UNIQUE)")
        let insert = try connection.statement("INSERT INTO t VALUES(?1)")
        try insert.bind("secret value", at: 1)
        try insert.run()
        let error = try #require(throws: SQLiteError.self) { try insert.run() }
        #expect(error.kind == .constraint)
        #expect(error.description.contains("t.name"))
        #expect(!error.description.contains("secret"))
        try insert.bind("another", at: 1)
        try insert.run()
    }

    @Test func `the same literal gives the same statement`() throws {
        let connection = try memory()
        func select() throws -> SQLiteStatement { try connection.statement("SELECT 1") }
        #expect(try select() === select())
    }

    @Test func `settings are read back as they are in force`() throws {
        let connection = try memory()
        #expect(try connection.setPragma("secure_delete", to: "ON") == "1")
        // A database in memory cannot have a write-ahead log: SQLite says so only when asked.
        #expect(try connection.setPragma("journal_mode", to: "WAL") == "memory")
    }

    @Test func `a full database is told apart and keeps what it had`() throws {
        let connection = try memory()
        try connection.execute("CREATE TABLE t(b BLOB)")
        _ = try connection.setPragma("max_page_count", to: "10")
        let insert = try connection.statement("INSERT INTO t VALUES(?1)")
        try insert.bind([1, 2, 3], at: 1)
        try insert.run()
        try insert.bind([UInt8](repeating: 1, count: 1_000_000), at: 1)
        let error = try #require(throws: SQLiteError.self) { try insert.run() }
        #expect(error.kind == .full)
        let count = try connection.statement("SELECT count(*) FROM t")
        #expect(try count.step())
        #expect(count.integer(0) == 1)
    }

    @Test func `a file that is no database and a missing file are told apart`() throws {
        let path = "/tmp/holdpoint-not-a-database-\(getpid())"
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        defer { unlink(path) }
        let text = [UInt8](repeating: 65, count: 5_000)
        #expect(write(file, text, text.count) == text.count)
        close(file)
        let connection = try SQLiteConnection(path: path, access: .readWrite, busyTimeout: .zero)
        let wrong = try #require(throws: SQLiteError.self) { try connection.execute("SELECT * FROM sqlite_schema") }
        #expect(wrong.kind == .notADatabase)
        let missing = #expect(throws: SQLiteError.self) {
            _ = try SQLiteConnection(path: path + "-none", access: .readWrite, busyTimeout: .zero)
        }
        #expect(missing?.kind == .cannotOpen)
    }

    @Test func `a transaction is seen while it is open`() throws {
        let connection = try memory()
        #expect(!connection.isInTransaction)
        try connection.execute("BEGIN")
        #expect(connection.isInTransaction)
        try connection.execute("ROLLBACK")
        #expect(!connection.isInTransaction)
    }
}
