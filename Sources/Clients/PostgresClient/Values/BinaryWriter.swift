/// Writes values as Postgres's binary format has them: integers with the highest byte first.
struct BinaryWriter {
    /// Begins with one byte that belongs to no value, so that an empty value has an address too.
    private(set) var bytes: [UInt8] = [0]

    mutating func write(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func write(_ value: Bool) {
        bytes.append(value ? 1 : 0)
    }

    mutating func write(_ value: String) {
        bytes.append(contentsOf: value.utf8)
    }

    mutating func write(_ value: [UInt8]) {
        bytes.append(contentsOf: value)
    }

    mutating func write(_ value: PostgresTimestamp) {
        write(value.recorded)
    }

    mutating func write(_ value: PostgresUUID) {
        write(value.high)
        write(value.low)
    }

    /// Writes an array of one dimension, or of none if it is empty.
    ///
    /// The format: dimensions, whether there are nulls, the elements' type, count, first index, then each element after
    /// its length (-1: null).
    mutating func write<Element>(
        _ elements: [Element?], of type: PostgresType, _ writeElement: (inout BinaryWriter, Element) -> Void
    ) {
        write(Int32(elements.isEmpty ? 0 : 1))
        let flags = bytes.count
        write(Int32(0))
        write(type.rawValue)
        guard !elements.isEmpty else { return }
        write(Int32(clamping: elements.count))
        write(Int32(1))
        for element in elements {
            let start = bytes.count
            guard let element else {
                write(Int32(-1))
                bytes[flags + 3] = 1
                continue
            }
            write(Int32(0))
            writeElement(&self, element)
            let length = UInt32(truncatingIfNeeded: bytes.count - start - 4)
            for index in 0..<4 { bytes[start + index] = UInt8(truncatingIfNeeded: length >> (24 - 8 * index)) }
        }
    }
}
