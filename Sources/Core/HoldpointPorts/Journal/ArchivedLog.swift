import HoldpointCore
import JSON

/// A session's log as it is archived: a line of JSON for each event, with the very bytes that the chain covers.
///
/// A line is `{"chain":…,"data":…,"feed":…,"seq":…,"time":…,"type":…}` without spaces: `chain` is the chain value after
/// the event in hexadecimal, `data` is the event's data as it was recorded, `feed` whether watchers of the project saw
/// it, `time` is in milliseconds since 1970.
package enum ArchivedLog {
    private static let lineEnd = UInt8(ascii: "\n")
    /// An event's data, and the line around it.
    private static let limits = JSONLimits(
        maximumBytes: EventRegistry.recordedLimits.maximumBytes + 4_096,
        maximumDepth: EventRegistry.recordedLimits.maximumDepth + 1)

    /// Writes events, one line each.
    package static func encode(_ events: [RecordedEvent]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(events.reduce(0) { $0 + $1.data.count + 192 })
        for event in events {
            bytes += head(of: event)
            bytes += event.data
            bytes += tail(of: event)
            bytes.append(lineEnd)
        }
        return bytes
    }

    /// Reads what `encode` wrote; throws `corrupt` for anything else.
    package static func decode(_ bytes: [UInt8]) throws(JournalError) -> [RecordedEvent] {
        var events: [RecordedEvent] = []
        for line in bytes.split(separator: lineEnd, omittingEmptySubsequences: true) {
            guard let event = event(Array(line)) else {
                throw .corrupt("line \(events.count + 1) of an archived log is malformed")
            }
            events.append(event)
        }
        return events
    }

    /// The pages of an archived log, in order.
    package static func pages(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        stride(from: 0, to: bytes.count, by: RetentionLimits.pageBytes).map { start in
            bytes[start..<min(start + RetentionLimits.pageBytes, bytes.count)]
        }
    }

    private static func head(of event: RecordedEvent) -> [UInt8] {
        Array("{\"chain\":\"\(event.chain)\",\"data\":".utf8)
    }

    private static func tail(of event: RecordedEvent) -> [UInt8] {
        var writer = JSONWriter(reserving: 96)
        writer.string(event.type.text)
        return Array(",\"feed\":\(event.isOnFeed),\"seq\":\(event.sequence),\"time\":\(event.time.milliseconds),".utf8)
            + Array("\"type\":".utf8) + writer.bytes + [UInt8(ascii: "}")]
    }

    private static func event(_ line: [UInt8]) -> RecordedEvent? {
        guard let value = try? JSONParser.parse(line, limits: limits),
            let chain = value["chain"]?.stringValue.flatMap({ Digest(hexadecimal: $0) }),
            let isOnFeed = value["feed"]?.boolValue, let sequence = value["seq"]?.int64Value,
            let time = value["time"]?.int64Value, let type = value["type"]?.stringValue
        else { return nil }
        let bare = RecordedEvent(
            sequence: sequence, time: Timestamp(milliseconds: time), type: EventType(type), data: [], chain: chain,
            isOnFeed: isOnFeed)
        // The data is what is between the two ends, which are written in one way only.
        let (head, tail) = (head(of: bare), tail(of: bare))
        guard line.count > head.count + tail.count, line.starts(with: head), line.suffix(tail.count).elementsEqual(tail)
        else { return nil }
        return RecordedEvent(
            sequence: sequence, time: bare.time, type: bare.type,
            data: Array(line[head.count..<line.count - tail.count]), chain: chain, isOnFeed: isOnFeed)
    }
}
