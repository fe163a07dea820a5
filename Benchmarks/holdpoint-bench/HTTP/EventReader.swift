/// Reads the events of a chunked event stream as they arrive.
struct EventReader {
    /// An event, without what is not looked at.
    struct Event {
        let type: String
        let data: String
    }

    private var text: [UInt8] = []
    private var isBegun = false
    /// Whether the last chunk has come: the server ended the stream itself.
    private(set) var isComplete = false

    /// Whether the head of the response has come.
    var hasBegun: Bool { isBegun }

    /// The events that are whole by now.
    mutating func events(from socket: Socket) throws -> [Event] {
        if !isBegun {
            guard let end = socket.place(of: "\r\n\r\n") else { return [] }
            guard socket.text(9..<12) == "200" else { throw BenchmarkFailure("a stream was refused") }
            socket.consume(end + 4)
            isBegun = true
        }
        unpack(socket)
        var events: [Event] = []
        var start = 0
        var place = 0
        while place + 1 < text.count {
            if text[place] == UInt8(ascii: "\n"), text[place + 1] == UInt8(ascii: "\n") {
                if let event = Self.event(text[start..<place]) { events.append(event) }
                start = place + 2
                place += 1
            }
            place += 1
        }
        text.removeFirst(start)
        return events
    }

    private mutating func unpack(_ socket: Socket) {
        var start = 0
        while let lineEnd = socket.place(of: "\r\n", from: start) {
            guard let size = Int(socket.text(start..<lineEnd), radix: 16) else { break }
            let after = lineEnd + 2 + size + 2
            guard socket.received.count >= after else { break }
            text += socket.received[lineEnd + 2..<after - 2]
            start = after
            if size == 0 { isComplete = true }
        }
        socket.consume(start)
    }

    private static func event(_ block: ArraySlice<UInt8>) -> Event? {
        var type: String?
        var data = ""
        for line in block.split(separator: UInt8(ascii: "\n")) {
            let line = String(decoding: line, as: UTF8.self)
            if line.hasPrefix("event: ") { type = String(line.dropFirst(7)) }
            if line.hasPrefix("data: ") { data = String(line.dropFirst(6)) }
        }
        return type.map { Event(type: $0, data: data) }
    }
}
