import HoldpointCore
import HoldpointPorts
import SQLiteClient

/// How values of the core are kept in columns.
extension SQLiteStatement {
    /// Binds 16 bytes.
    func bind(_ value: Identifier128, at index: Int32) throws(SQLiteError) {
        var words = (value.high.bigEndian, value.low.bigEndian)
        try withUnsafeBytes(of: &words) { bytes throws(SQLiteError) in try bind(bytes, at: index) }
    }

    /// Binds a request's id as three numbers, from this parameter on: they compare faster than bytes.
    func bind(_ id: RequestID, at index: Int32) throws(SQLiteError) {
        try bind(Int64(id.milliseconds), at: index)
        try bind(Int64(bitPattern: id.random.high), at: index + 1)
        try bind(Int64(bitPattern: id.random.low), at: index + 2)
    }

    /// Reads a request's id from three numbers, from this column on.
    func requestID(_ column: Int32) -> RequestID {
        RequestID(
            time: timestamp(column),
            random: Identifier128(
                high: UInt64(bitPattern: integer(column + 1)), low: UInt64(bitPattern: integer(column + 2))))
    }

    /// Binds 32 bytes.
    func bind(_ value: Digest, at index: Int32) throws(SQLiteError) {
        var words = (
            value.first.high.bigEndian, value.first.low.bigEndian, value.second.high.bigEndian,
            value.second.low.bigEndian
        )
        try withUnsafeBytes(of: &words) { bytes throws(SQLiteError) in try bind(bytes, at: index) }
    }

    /// Binds milliseconds since 1970, or null.
    func bind(_ value: Timestamp?, at index: Int32) throws(SQLiteError) {
        try bind(value?.milliseconds, at: index)
    }

    /// Reads 16 bytes.
    func identifier(_ column: Int32) throws(SQLiteError) -> Identifier128 {
        let value = withBytes(column) { bytes in bytes.count == 16 ? Self.identifier(bytes, at: 0) : nil }
        guard let value else { throw .damaged("an identifier has not 16 bytes") }
        return value
    }

    /// Reads 32 bytes.
    func digest(_ column: Int32) throws(SQLiteError) -> Digest {
        let value = withBytes(column) { bytes in
            bytes.count == 32
                ? Digest(first: Self.identifier(bytes, at: 0), second: Self.identifier(bytes, at: 16)) : nil
        }
        guard let value else { throw .damaged("a digest has not 32 bytes") }
        return value
    }

    /// Reads milliseconds since 1970.
    func timestamp(_ column: Int32) -> Timestamp { Timestamp(milliseconds: integer(column)) }

    /// Reads the id of a session.
    func sessionID(_ column: Int32) throws(SQLiteError) -> SessionID {
        do { return try SessionID(text(column)) } catch { throw .damaged("a session id is malformed") }
    }

    /// Reads the columns `seq, time, type, feed, chain, data` of an event, from the given one on.
    func event(_ column: Int32) throws(SQLiteError) -> RecordedEvent {
        RecordedEvent(
            sequence: integer(column), time: timestamp(column + 1), type: EventType(text(column + 2)),
            data: bytes(column + 5), chain: try digest(column + 4), isOnFeed: !isNull(column + 3))
    }

    private static func identifier(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Identifier128 {
        Identifier128(
            high: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)),
            low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self)))
    }
}

extension Optional {
    /// What was read; throws `damaged` with these words where what is stored could not be.
    func orDamaged(_ detail: String) throws(SQLiteError) -> Wrapped {
        guard let self else { throw .damaged(detail) }
        return self
    }
}
