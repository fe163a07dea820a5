/// One connection with one cycle after the other, and the stream of the present cycle's session.
final class HTTPLane {
    private enum Step {
        case start
        case openStream
        case ask
        case answer
        case complete
        case awaitEnd
    }

    private static let filler = String(repeating: "x", count: 1_000)
    private static let start = "{\"agent\":\"bench\",\"input\":{\"text\":\"\(filler)\"}}"
    private static let question =
        "{\"type\":\"clarification\",\"title\":\"Which one?\",\"context\":{\"text\":\"\(filler)\"}}"

    private unowned let load: HTTPLoad
    private var connection: Socket?
    private var step = Step.start
    private var session = ""
    private var reader = EventReader()
    private var seen = 0
    private var hasStreamEnded = false

    init(_ load: HTTPLoad) throws {
        self.load = load
        connection = try load.open { socket in
            guard try socket.read() else { throw BenchmarkFailure("the server closed a connection") }
            if let body = try HTTPTarget.reply(from: socket) { try self.goOn(body) }
        }
    }

    /// Begins the next cycle, if there is one.
    func next() throws {
        guard load.begin() else { return }
        step = .start
        seen = 0
        hasStreamEnded = false
        try connection?.send(load.target.request("POST", "/sessions", Self.start))
    }

    private func goOn(_ body: String) throws {
        switch step {
        case .start:
            guard let id = text(of: "id", in: body) else { throw BenchmarkFailure("a session without id") }
            session = id
            step = .openStream
            reader = EventReader()
            let stream = try load.open { socket in try self.takeEvents(socket) }
            try stream.send(load.target.request("GET", "/sessions/\(session)/stream"))
        case .ask:
            guard let id = text(of: "id", in: body) else { throw BenchmarkFailure("a request without id") }
            step = .answer
            try connection?.send(
                load.target.request("POST", "/requests/\(id)/respond", "{\"response\":{\"answer\":\"this one\"}}"))
        case .answer:
            step = .complete
            try connection?.send(
                load.target.request("POST", "/sessions/\(session)/complete", "{\"output\":{\"done\":true}}"))
        case .complete:
            step = .awaitEnd
            try finishIfWhole()
        case .openStream, .awaitEnd:
            throw BenchmarkFailure("a reply to nothing")
        }
    }

    private func takeEvents(_ socket: Socket) throws {
        let isOpen = try socket.read()
        for event in try reader.events(from: socket) {
            guard seen < HTTPLoad.types.count, event.type == HTTPLoad.types[seen] else {
                throw BenchmarkFailure("a stream has \(event.type) as its number \(seen + 1)")
            }
            seen += 1
        }
        if step == .openStream, reader.hasBegun {
            step = .ask
            try connection?.send(load.target.request("POST", "/sessions/\(session)/requests", Self.question))
        }
        guard !isOpen else { return }
        load.close(socket)
        guard reader.isComplete, seen == HTTPLoad.types.count else {
            throw BenchmarkFailure("a stream was cut after \(seen) events")
        }
        hasStreamEnded = true
        try finishIfWhole()
    }

    /// The cycle is over when its last reply has come and its stream has ended.
    private func finishIfWhole() throws {
        guard step == .awaitEnd, hasStreamEnded else { return }
        load.finish()
        try next()
    }
}
