/// Reads the events of a chunked event stream as they arrive.
struct EventReader {
    /// An event, without what is not looked at.
    struct Event {
        let type: String
        let data: [UInt8]
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
            guard let end = socket.received.place(of: "\r\n\r\n") else { return [] }
            guard socket.received.text(9..<12) == "200" else { throw BenchmarkFailure("a stream was refused") }
            socket.consume(end + 4)
            isBegun = true
        }
        unpack(socket)
        var events: [Event] = []
        var start = 0
        while let end = text.place(of: "\n\n", from: start) {
            if let event = Self.event(Array(text[start..<end])) { events.append(event) }
            start = end + 2
        }
        text.removeFirst(start)
        return events
    }

    private mutating func unpack(_ socket: Socket) {
        var start = 0
        while let lineEnd = socket.received.place(of: "\r\n", from: start) {
            guard let size = Int(socket.received.text(start..<lineEnd), radix: 16) else { break }
            let after = lineEnd + 2 + size + 2
            guard socket.received.count >= after else { break }
            text += socket.received[lineEnd + 2..<after - 2]
            start = after
            if size == 0 { isComplete = true }
        }
        socket.consume(start)
    }

    /// The server writes `id`, `event` and `data` in this order, a line each.
    private static func event(_ block: [UInt8]) -> Event? {
        guard let type = block.text(after: "\nevent: ", upTo: "\n"), let mark = block.place(of: "\ndata: ") else {
            return nil
        }
        return Event(type: type, data: Array(block[(mark + 7)...]))
    }
}
