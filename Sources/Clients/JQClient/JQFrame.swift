/// Writes the parts of a message between a process and its workers, which are of the same build and machine.
struct JQFrameWriter {
    private(set) var bytes: [UInt8] = []

    /// Starts a frame; its length, in four bytes, comes first.
    init() {
        bytes = [0, 0, 0, 0]
    }

    mutating func append(_ byte: UInt8) {
        bytes.append(byte)
    }

    mutating func append(_ number: UInt32) {
        withUnsafeBytes(of: number) { bytes.append(contentsOf: $0) }
    }

    mutating func append(_ text: some Collection<UInt8>) {
        append(UInt32(clamping: text.count))
        bytes.append(contentsOf: text)
    }

    /// The whole frame with its length in place.
    consuming func finished() -> [UInt8] {
        let count = UInt32(clamping: bytes.count - 4)
        withUnsafeBytes(of: count) { bytes.replaceSubrange(0..<4, with: $0) }
        return bytes
    }
}

/// Reads what `JQFrameWriter` wrote, without the length at the front.
struct JQFrameReader {
    private var rest: UnsafeRawBufferPointer

    init(_ bytes: UnsafeRawBufferPointer) {
        rest = bytes
    }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func byte() -> UInt8? {
        guard let first = rest.first else { return nil }
        rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst())
        return first
    }

    mutating func number() -> UInt32? {
        guard rest.count >= 4 else { return nil }
        defer { rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(4)) }
        return rest.loadUnaligned(as: UInt32.self)
    }

    mutating func text() -> UnsafeRawBufferPointer? {
        guard let count = number().map(Int.init), rest.count >= count else { return nil }
        defer { rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count)) }
        return UnsafeRawBufferPointer(rebasing: rest.prefix(count))
    }
}
