import HoldpointCore
import HoldpointPorts

/// The bytes in which the events of one commit are kept, as one column of one row.
///
/// A row costs the database far more than what it holds, and small texts are not worth compressing one by one. Each
/// event follows the one before: how many bytes of it follow (4 bytes, the highest first, as all numbers here), its
/// sequence (8), its time in milliseconds (8), whether it is on the feed (1), the length of its type's name (1), that
/// name, its chain value (32), its data. The function `events_of` in the database reads the same.
enum EventRecord {
    /// The bytes of an event besides its name and data, its length included.
    private static let frame = 4 + head + chain
    /// The bytes from the sequence to the length of the name.
    private static let head = 8 + 8 + 1 + 1
    private static let chain = 32

    /// Writes events; the name of a type has at most 255 bytes.
    static func encode(_ events: [RecordedEvent]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(events.reduce(0) { $0 + frame + $1.type.text.utf8.count + $1.data.count })
        for event in events {
            let name = event.type.text.utf8
            append(UInt32(truncatingIfNeeded: frame - 4 + name.count + event.data.count), to: &bytes)
            append(UInt64(bitPattern: event.sequence), to: &bytes)
            append(UInt64(bitPattern: event.time.milliseconds), to: &bytes)
            bytes.append(event.isOnFeed ? 1 : 0)
            bytes.append(UInt8(truncatingIfNeeded: name.count))
            bytes.append(contentsOf: name)
            bytes.append(contentsOf: event.chain.bytes)
            bytes.append(contentsOf: event.data)
        }
        return bytes
    }

    /// Reads what `encode` wrote; nil for anything else.
    static func decode(_ bytes: [UInt8]) -> [RecordedEvent]? {
        var events: [RecordedEvent] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            guard let length = number(&rest, bytes: 4).flatMap({ Int(exactly: $0) }), rest.count >= length,
                let event = event(rest.prefix(length))
            else { return nil }
            events.append(event)
            rest = rest.dropFirst(length)
        }
        return events
    }

    private static func event(_ bytes: ArraySlice<UInt8>) -> RecordedEvent? {
        var rest = bytes
        guard let sequence = number(&rest, bytes: 8), let time = number(&rest, bytes: 8),
            let feed = number(&rest, bytes: 1), feed <= 1, let length = number(&rest, bytes: 1),
            rest.count >= Int(length) + Self.chain,
            let name = String(validating: rest.prefix(Int(length)), as: UTF8.self)
        else { return nil }
        rest = rest.dropFirst(Int(length))
        guard let chain = Digest(bytes: rest.prefix(Self.chain)) else { return nil }
        return RecordedEvent(
            sequence: Int64(bitPattern: sequence), time: Timestamp(milliseconds: Int64(bitPattern: time)),
            type: EventType(name), data: Array(rest.dropFirst(Self.chain)), chain: chain, isOnFeed: feed == 1)
    }

    private static func append(_ number: some FixedWidthInteger, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
    }

    /// Takes a number from the front; nil if there is too little.
    private static func number(_ rest: inout ArraySlice<UInt8>, bytes count: Int) -> UInt64? {
        guard rest.count >= count else { return nil }
        let number = rest.prefix(count).reduce(into: UInt64(0)) { $0 = $0 << 8 | UInt64($1) }
        rest = rest.dropFirst(count)
        return number
    }
}
