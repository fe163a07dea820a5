import CPostgres

/// One row of an answer; columns are numbered from 0.
///
/// Each accessor throws `unexpectedValue` if the column holds another type or is malformed, and those without
/// `optional` in their name if it is null. It keeps libpq's memory of the row alive.
package struct PostgresRow: Sendable {
    let result: ResultHandle
    let index: Int32

    /// How many columns the row has.
    package var columnCount: Int { Int(PQnfields(result.pointer)) }

    /// Whether a column is null, or there is no such column.
    package func isNull(_ column: Int) -> Bool {
        guard (0..<columnCount).contains(column) else { return true }
        return PQgetisnull(result.pointer, index, Int32(column)) == 1
    }

    /// A number of two, four or eight bytes.
    package func integer(_ column: Int) throws(PostgresError) -> Int64 {
        try present(optionalInteger(column), column)
    }

    /// A number of two, four or eight bytes; nil for null.
    package func optionalInteger(_ column: Int) throws(PostgresError) -> Int64? {
        try read(column, PostgresType.isInteger) {
            switch $0.count {
            case 8: Int64(postgres: $0)
            case 4: Int32(postgres: $0).map(Int64.init)
            default: Int16(postgres: $0).map(Int64.init)
            }
        }
    }

    /// A truth value.
    package func boolean(_ column: Int) throws(PostgresError) -> Bool {
        try present(optionalBoolean(column), column)
    }

    /// A truth value; nil for null.
    package func optionalBoolean(_ column: Int) throws(PostgresError) -> Bool? {
        try read(column, PostgresType.boolean.isType) { UInt8(postgres: $0).map { $0 != 0 } }
    }

    /// A text.
    package func text(_ column: Int) throws(PostgresError) -> String {
        try present(optionalText(column), column)
    }

    /// A text; nil for null.
    package func optionalText(_ column: Int) throws(PostgresError) -> String? {
        try read(column, PostgresType.isText) { String(validating: $0, as: UTF8.self) }
    }

    /// Bytes.
    package func bytes(_ column: Int) throws(PostgresError) -> [UInt8] {
        try present(optionalBytes(column), column)
    }

    /// Bytes; nil for null.
    package func optionalBytes(_ column: Int) throws(PostgresError) -> [UInt8]? {
        try read(column, PostgresType.bytes.isType) { [UInt8]($0) }
    }

    /// A time.
    package func timestamp(_ column: Int) throws(PostgresError) -> PostgresTimestamp {
        try present(optionalTimestamp(column), column)
    }

    /// A time; nil for null.
    package func optionalTimestamp(_ column: Int) throws(PostgresError) -> PostgresTimestamp? {
        try read(column, PostgresType.timestamp.isType) { PostgresTimestamp(postgres: $0) }
    }

    /// A UUID.
    package func uuid(_ column: Int) throws(PostgresError) -> PostgresUUID {
        try present(optionalUUID(column), column)
    }

    /// A UUID; nil for null.
    package func optionalUUID(_ column: Int) throws(PostgresError) -> PostgresUUID? {
        try read(column, PostgresType.uuid.isType) { PostgresUUID(postgres: $0) }
    }

    private func present<Value>(_ value: Value?, _ column: Int) throws(PostgresError) -> Value {
        guard let value else { throw .unexpectedValue(column: column, .null) }
        return value
    }

    /// Gives the bytes of a column to `decode`; nil for null.
    func read<Value>(
        _ column: Int, _ accepts: (UInt32) -> Bool, _ decode: (UnsafeRawBufferPointer) -> Value?
    ) throws(PostgresError) -> Value? {
        guard (0..<columnCount).contains(column) else { throw .unexpectedValue(column: column, .noSuchColumn) }
        let number = Int32(column)
        let type = PQftype(result.pointer, number)
        guard accepts(type) else { throw .unexpectedValue(column: column, .type(type)) }
        guard PQgetisnull(result.pointer, index, number) == 0 else { return nil }
        let count = Int(PQgetlength(result.pointer, index, number))
        let bytes = UnsafeRawBufferPointer(start: PQgetvalue(result.pointer, index, number), count: count)
        guard let value = decode(bytes) else { throw .unexpectedValue(column: column, .malformed) }
        return value
    }
}
