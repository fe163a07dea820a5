import CSQLite

/// A prepared statement: bind its values, step through its rows, reset it.
///
/// Parameters are numbered from 1 and columns from 0, as in SQLite. Bound values stay until they are bound anew.
package final class SQLiteStatement {
    private let handle: OpaquePointer
    // SQLite copies what is bound with this mark before the call returns.
    private static let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

    convenience init(_ text: StaticString, on connection: OpaquePointer) throws(SQLiteError) {
        let size = Int32(clamping: text.utf8CodeUnitCount)
        let start = UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self)
        try self.init(start, size: size, on: connection, isKept: true)
    }

    convenience init(text: String, on connection: OpaquePointer, isKept: Bool) throws(SQLiteError) {
        try self.init(text, size: -1, on: connection, isKept: isKept)
    }

    private init(
        _ text: UnsafePointer<CChar>, size: Int32, on connection: OpaquePointer, isKept: Bool
    ) throws(SQLiteError) {
        var prepared: OpaquePointer?
        let flags = isKept ? UInt32(SQLITE_PREPARE_PERSISTENT) : 0
        let result = sqlite3_prepare_v3(connection, text, size, flags, &prepared, nil)
        guard result == SQLITE_OK, let prepared else {
            throw SQLiteError(extendedCode: result, message: SQLiteConnection.message(of: connection, result))
        }
        handle = prepared
    }

    deinit {
        sqlite3_finalize(handle)
    }

    // MARK: Running

    /// Goes to the next row.
    ///
    /// - Returns: false when there is none.
    package func step() throws(SQLiteError) -> Bool {
        switch sqlite3_step(handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        case let result:
            let error = failure(result)
            reset()
            throw error
        }
    }

    /// Runs the statement to its end and resets it; its rows, if any, are not wanted.
    package func run() throws(SQLiteError) {
        while try step() {}
        reset()
    }

    /// Makes the statement ready to be run again, and ends the read that it may hold open.
    package func reset() {
        // The result repeats the error of the last step, which was thrown there.
        _ = sqlite3_reset(handle)
    }

    // MARK: Values in

    /// Binds a number.
    package func bind(_ value: Int64, at index: Int32) throws(SQLiteError) {
        try check(sqlite3_bind_int64(handle, index, value))
    }

    /// Binds a number, or null for nil.
    package func bind(_ value: Int64?, at index: Int32) throws(SQLiteError) {
        if let value { try bind(value, at: index) } else { try bindNull(at: index) }
    }

    /// Binds a text, which may contain U+0000, by copying it.
    package func bind(_ value: String, at index: Int32) throws(SQLiteError) {
        var value = value
        let result = value.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { characters in
                // An empty text may have no address, which SQLite would take for null.
                characters.isEmpty
                    ? sqlite3_bind_text64(handle, index, "", 0, Self.copied, UInt8(SQLITE_UTF8))
                    : sqlite3_bind_text64(
                        handle, index, characters.baseAddress, UInt64(characters.count), Self.copied,
                        UInt8(SQLITE_UTF8))
            }
        }
        try check(result)
    }

    /// Binds a text, or null for nil.
    package func bind(_ value: String?, at index: Int32) throws(SQLiteError) {
        if let value { try bind(value, at: index) } else { try bindNull(at: index) }
    }

    /// Binds bytes by copying them.
    package func bind(_ value: [UInt8], at index: Int32) throws(SQLiteError) {
        try check(value.withUnsafeBytes { bindCopy(of: $0, at: index) })
    }

    /// Binds bytes, or null for nil.
    package func bind(_ value: [UInt8]?, at index: Int32) throws(SQLiteError) {
        if let value { try bind(value, at: index) } else { try bindNull(at: index) }
    }

    /// Binds bytes by copying them.
    package func bind(_ bytes: UnsafeRawBufferPointer, at index: Int32) throws(SQLiteError) {
        try check(bindCopy(of: bytes, at: index))
    }

    private func bindCopy(of bytes: UnsafeRawBufferPointer, at index: Int32) -> Int32 {
        // An empty array may have no address, which SQLite would take for null.
        bytes.isEmpty
            ? sqlite3_bind_zeroblob(handle, index, 0)
            : sqlite3_bind_blob64(handle, index, bytes.baseAddress, UInt64(bytes.count), Self.copied)
    }

    /// Binds bytes without copying them, runs the statement to its end, resets it and lets go of the bytes.
    package func run(borrowing bytes: [UInt8], at index: Int32) throws(SQLiteError) {
        try bytes.withUnsafeBufferPointer { buffer throws(SQLiteError) in
            guard let start = buffer.baseAddress, !buffer.isEmpty else {
                try check(bindCopy(of: UnsafeRawBufferPointer(buffer), at: index))
                return try run()
            }
            // No destructor: the bytes outlive the binding, which ends with this closure.
            try check(sqlite3_bind_blob64(handle, index, start, UInt64(buffer.count), nil))
            defer { sqlite3_bind_null(handle, index) }
            try run()
        }
    }

    /// Binds null.
    package func bindNull(at index: Int32) throws(SQLiteError) {
        try check(sqlite3_bind_null(handle, index))
    }

    // MARK: Values out

    /// Whether a column of the present row is null.
    package func isNull(_ column: Int32) -> Bool {
        sqlite3_column_type(handle, column) == SQLITE_NULL
    }

    /// A number of the present row; zero if it is null.
    package func integer(_ column: Int32) -> Int64 {
        sqlite3_column_int64(handle, column)
    }

    /// A number of the present row; nil if it is null.
    package func optionalInteger(_ column: Int32) -> Int64? {
        isNull(column) ? nil : integer(column)
    }

    /// A text of the present row, with any U+0000 in it; empty if it is null.
    package func text(_ column: Int32) -> String {
        // In this order: asking for the text first makes the size that of its UTF-8 form.
        guard let start = sqlite3_column_text(handle, column) else { return "" }
        let count = Int(sqlite3_column_bytes(handle, column))
        return String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    }

    /// A text of the present row; nil if it is null.
    package func optionalText(_ column: Int32) -> String? {
        isNull(column) ? nil : text(column)
    }

    /// Bytes of the present row; empty if it is null.
    package func bytes(_ column: Int32) -> [UInt8] {
        withBytes(column) { [UInt8]($0) }
    }

    /// Bytes of the present row; nil if it is null.
    package func optionalBytes(_ column: Int32) -> [UInt8]? {
        isNull(column) ? nil : bytes(column)
    }

    /// Reads bytes of the present row in place; the buffer is valid inside the body only.
    package func withBytes<Result>(_ column: Int32, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        let start = sqlite3_column_blob(handle, column)
        return body(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column))))
    }

    private func check(_ result: Int32) throws(SQLiteError) {
        guard result != SQLITE_OK else { return }
        throw failure(result)
    }

    private func failure(_ result: Int32) -> SQLiteError {
        SQLiteError(
            extendedCode: result, message: SQLiteConnection.message(of: sqlite3_db_handle(handle), result))
    }
}
