/// A parameter of a statement; it travels in Postgres's binary form.
///
/// The arrays have one dimension and may hold nulls. A text with U+0000 is refused by the server (22021).
package enum PostgresValue: Sendable {
    /// No value, of the type given.
    case null(PostgresType)
    case boolean(Bool)
    case int2(Int16)
    case int4(Int32)
    case int8(Int64)
    case text(String)
    case bytes([UInt8])
    case timestamp(PostgresTimestamp)
    case uuid(PostgresUUID)
    case booleanArray([Bool?])
    case int2Array([Int16?])
    case int4Array([Int32?])
    case int8Array([Int64?])
    case textArray([String?])
    case bytesArray([[UInt8]?])
    case timestampArray([PostgresTimestamp?])
    case uuidArray([PostgresUUID?])

    /// The type that the server is told.
    package var type: PostgresType {
        switch self {
        case .null(let type): type
        case .boolean: .boolean
        case .int2: .int2
        case .int4: .int4
        case .int8: .int8
        case .text: .text
        case .bytes: .bytes
        case .timestamp: .timestamp
        case .uuid: .uuid
        case .booleanArray: .booleanArray
        case .int2Array: .int2Array
        case .int4Array: .int4Array
        case .int8Array: .int8Array
        case .textArray: .textArray
        case .bytesArray: .bytesArray
        case .timestampArray: .timestampArray
        case .uuidArray: .uuidArray
        }
    }

    /// Appends the binary form; false if the value is null and has none.
    func write(to writer: inout BinaryWriter) -> Bool {
        switch self {
        case .null: return false
        case .boolean(let value): writer.write(value)
        case .int2(let value): writer.write(value)
        case .int4(let value): writer.write(value)
        case .int8(let value): writer.write(value)
        case .text(let value): writer.write(value)
        case .bytes(let value): writer.write(value)
        case .timestamp(let value): writer.write(value)
        case .uuid(let value): writer.write(value)
        case .booleanArray(let values): writer.write(values, of: .boolean) { $0.write($1) }
        case .int2Array(let values): writer.write(values, of: .int2) { $0.write($1) }
        case .int4Array(let values): writer.write(values, of: .int4) { $0.write($1) }
        case .int8Array(let values): writer.write(values, of: .int8) { $0.write($1) }
        case .textArray(let values): writer.write(values, of: .text) { $0.write($1) }
        case .bytesArray(let values): writer.write(values, of: .bytes) { $0.write($1) }
        case .timestampArray(let values): writer.write(values, of: .timestamp) { $0.write($1) }
        case .uuidArray(let values): writer.write(values, of: .uuid) { $0.write($1) }
        }
        return true
    }
}
