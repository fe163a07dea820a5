extension PostgresRow {
    /// An array of numbers of eight bytes; nil elements are null.
    package func int8Array(_ column: Int) throws(PostgresError) -> [Int64?] {
        try array(column, .int8Array, of: .int8) { Int64(postgres: $0) }
    }

    /// An array of numbers of four bytes; nil elements are null.
    package func int4Array(_ column: Int) throws(PostgresError) -> [Int32?] {
        try array(column, .int4Array, of: .int4) { Int32(postgres: $0) }
    }

    /// An array of numbers of two bytes; nil elements are null.
    package func int2Array(_ column: Int) throws(PostgresError) -> [Int16?] {
        try array(column, .int2Array, of: .int2) { Int16(postgres: $0) }
    }

    /// An array of truth values; nil elements are null.
    package func booleanArray(_ column: Int) throws(PostgresError) -> [Bool?] {
        try array(column, .booleanArray, of: .boolean) { UInt8(postgres: $0).map { $0 != 0 } }
    }

    /// An array of texts; nil elements are null.
    package func textArray(_ column: Int) throws(PostgresError) -> [String?] {
        try array(column, .textArray, of: .text) { String(validating: $0, as: UTF8.self) }
    }

    /// An array of byte strings; nil elements are null.
    package func bytesArray(_ column: Int) throws(PostgresError) -> [[UInt8]?] {
        try array(column, .bytesArray, of: .bytes) { [UInt8]($0) }
    }

    /// An array of times; nil elements are null.
    package func timestampArray(_ column: Int) throws(PostgresError) -> [PostgresTimestamp?] {
        try array(column, .timestampArray, of: .timestamp) { PostgresTimestamp(postgres: $0) }
    }

    /// An array of UUIDs; nil elements are null.
    package func uuidArray(_ column: Int) throws(PostgresError) -> [PostgresUUID?] {
        try array(column, .uuidArray, of: .uuid) { PostgresUUID(postgres: $0) }
    }

    private func array<Element>(
        _ column: Int, _ type: PostgresType, of elementType: PostgresType,
        _ readElement: (UnsafeRawBufferPointer) -> Element?
    ) throws(PostgresError) -> [Element?] {
        let elements = try read(column, type.isType) { bytes in
            var reader = BinaryReader(bytes)
            return reader.array(of: elementType, readElement)
        }
        guard let elements else { throw .unexpectedValue(column: column, .null) }
        return elements
    }
}
