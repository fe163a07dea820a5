/// Turns the bytes of an event stream into events, however the bytes were cut (WHATWG HTML, section 9.2.6).
///
/// Comments (heartbeats) and `retry` give nothing; nor does an event that no blank line closed before the bytes ended.
package struct ServerSentEventParser: Sendable {
    /// How many bytes of one event are held, its unfinished line included, unless said otherwise: 1 MiB.
    package static let defaultMaximumEventBytes = 1 << 20

    /// An event grew over the limit; the stream cannot be read on.
    package struct EventTooLarge: Error, Sendable, Equatable {
        package let limitBytes: Int
    }

    private let maximumEventBytes: Int
    private var line: [UInt8] = []
    private var dataBytes = 0
    private var sawCarriageReturn = false
    private var isFirstLine = true
    private var lastID = ""
    private var type = ""
    private var data: [String] = []

    package init(maximumEventBytes: Int = defaultMaximumEventBytes) {
        self.maximumEventBytes = maximumEventBytes
    }

    /// Takes the next bytes and answers the events that they complete.
    package mutating func consume(_ bytes: some Sequence<UInt8>) throws(EventTooLarge) -> [ServerSentEvent] {
        var events: [ServerSentEvent] = []
        for byte in bytes {
            let endsCarriageReturn = sawCarriageReturn && byte == UInt8(ascii: "\n")
            sawCarriageReturn = byte == UInt8(ascii: "\r")
            if endsCarriageReturn { continue }
            if byte == UInt8(ascii: "\n") || sawCarriageReturn {
                if let event = finishLine() { events.append(event) }
            } else {
                guard line.count + dataBytes < maximumEventBytes else {
                    throw EventTooLarge(limitBytes: maximumEventBytes)
                }
                line.append(byte)
            }
        }
        return events
    }

    private mutating func finishLine() -> ServerSentEvent? {
        defer { line.removeAll(keepingCapacity: true) }
        if isFirstLine {
            isFirstLine = false
            if line.starts(with: [0xEF, 0xBB, 0xBF]) { line.removeFirst(3) }
        }
        if line.isEmpty { return finishEvent() }
        let name = line.prefix { $0 != UInt8(ascii: ":") }
        var value = line.dropFirst(name.count + 1)
        if value.first == UInt8(ascii: " ") { value.removeFirst() }
        take(field: String(decoding: name, as: UTF8.self), value: String(decoding: value, as: UTF8.self))
        return nil
    }

    private mutating func take(field: String, value: String) {
        switch field {
        case "event": type = value
        case "data":
            // The line feed counts too: empty lines without end would otherwise be held for nothing.
            dataBytes += value.utf8.count + 1
            data.append(value)
        case "id" where !value.utf8.contains(0): lastID = value
        default: break
        }
    }

    private mutating func finishEvent() -> ServerSentEvent? {
        defer {
            dataBytes = 0
            type = ""
            data.removeAll(keepingCapacity: true)
        }
        guard !data.isEmpty else { return nil }
        return ServerSentEvent(
            id: lastID, type: type.isEmpty ? "message" : type, data: data.joined(separator: "\n"))
    }
}
