/// Reads values in Postgres's binary format; every read is checked against the end.
struct BinaryReader {
    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    var isAtEnd: Bool { position == bytes.count }

    /// The next integer; nil if too few bytes are left.
    mutating func integer<Integer: FixedWidthInteger>(_ type: Integer.Type = Integer.self) -> Integer? {
        guard let slice = take(MemoryLayout<Integer>.size) else { return nil }
        return Integer(bigEndian: slice.loadUnaligned(as: Integer.self))
    }

    /// The next `count` bytes; nil if fewer are left.
    mutating func take(_ count: Int) -> UnsafeRawBufferPointer? {
        guard count >= 0, count <= bytes.count - position else { return nil }
        defer { position += count }
        return UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
    }

    /// All elements of an array of one dimension or none; nil if it is anything else, or an element is malformed.
    mutating func array<Element>(
        of type: PostgresType, _ readElement: (UnsafeRawBufferPointer) -> Element?
    ) -> [Element?]? {
        guard let dimensions = integer(Int32.self), integer(Int32.self) != nil,
            integer(UInt32.self) == type.rawValue
        else { return nil }
        if dimensions == 0 { return isAtEnd ? [] : nil }
        guard dimensions == 1, let count = integer(Int32.self), integer(Int32.self) != nil else { return nil }
        // Each element takes at least the four bytes of its length.
        guard count >= 0, Int(count) <= (bytes.count - position) / 4 else { return nil }
        var elements: [Element?] = []
        elements.reserveCapacity(Int(count))
        for _ in 0..<count {
            guard let length = integer(Int32.self) else { return nil }
            guard length >= 0 else {
                elements.append(nil)
                continue
            }
            guard let slice = take(Int(length)), let element = readElement(slice) else { return nil }
            elements.append(element)
        }
        return isAtEnd ? elements : nil
    }
}

extension FixedWidthInteger {
    /// Reads an integer that fills the bytes exactly.
    init?(postgres bytes: UnsafeRawBufferPointer) {
        guard bytes.count == MemoryLayout<Self>.size else { return nil }
        self.init(bigEndian: bytes.loadUnaligned(as: Self.self))
    }
}

extension PostgresUUID {
    init?(postgres bytes: UnsafeRawBufferPointer) {
        var reader = BinaryReader(bytes)
        guard let high = reader.integer(UInt64.self), let low = reader.integer(UInt64.self), reader.isAtEnd else {
            return nil
        }
        self.init(high: high, low: low)
    }
}

extension PostgresTimestamp {
    init?(postgres bytes: UnsafeRawBufferPointer) {
        guard let recorded = Int64(postgres: bytes) else { return nil }
        self.init(recorded: recorded)
    }
}
