import JSON

/// One connection with one cycle after the other, and the stream of the present cycle's session.
final class HTTPLane {
    private enum Step {
        case start
        case openStream
        case ask
        case awaitQuestion
        case answer
        case complete
        case awaitEnd
    }

    private static let filler = String(repeating: "x", count: 1_000)
    private static let question =
        "{\"type\":\"clarification\",\"title\":\"Which one?\",\"context\":{\"text\":\"\(filler)\"}}"
    private static let answer: JSONValue = ["response": ["answer": "this one"]]
    private static let outputOfWorkflow: JSONValue = ["text": .string(filler), "answer": "this one"]

    private unowned let load: HTTPLoad
    private var connection: Socket?
    private var step = Step.start
    private var session = ""
    private var reader = EventReader()
    private var seen = 0
    private var hasStreamEnded = false
    private var start: String { "{\"agent\":\"\(load.cycle.agent)\",\"input\":{\"text\":\"\(Self.filler)\"}}" }

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
        try connection?.send(load.target.request("POST", "/sessions", start))
    }

    private func goOn(_ body: [UInt8]) throws {
        switch step {
        case .start:
            session = try id(in: body)
            step = .openStream
            reader = EventReader()
            let stream = try load.open { socket in try self.takeEvents(socket) }
            try stream.send(load.target.request("GET", "/sessions/\(session)/stream"))
        case .ask:
            try respond(to: try id(in: body))
        case .answer where load.cycle == .workflow:
            step = .awaitEnd
            try finishIfWhole()
        case .answer:
            step = .complete
            try connection?.send(
                load.target.request("POST", "/sessions/\(session)/complete", "{\"output\":{\"done\":true}}"))
        case .complete:
            step = .awaitEnd
            try finishIfWhole()
        case .openStream, .awaitQuestion, .awaitEnd:
            throw BenchmarkFailure("a reply to nothing")
        }
    }

    private func id(in body: [UInt8]) throws -> String {
        guard let id = body.text(after: "\"id\":\"", upTo: "\"") else { throw BenchmarkFailure("a reply without id") }
        return id
    }

    private func respond(to request: String) throws {
        step = .answer
        try connection?.send(load.target.request("POST", "/requests/\(request)/respond", Self.answer.text))
    }

    /// What a workflow asks by itself is answered as soon as its stream tells of it; what it comes to must be right.
    private func follow(_ event: EventReader.Event) throws {
        switch event.type {
        case "hitl_requested":
            let asked = try JSONParser.parse(event.data)["data"]
            guard case .string(let id) = asked?["id"], asked?["context"]?["text"] == .string(Self.filler) else {
                throw BenchmarkFailure("\(session) asks something else")
            }
            try respond(to: id)
        case "session_completed":
            guard try JSONParser.parse(event.data)["data"]?["output"] == Self.outputOfWorkflow else {
                throw BenchmarkFailure("\(session) came to something else")
            }
        default:
            break
        }
    }

    private func takeEvents(_ socket: Socket) throws {
        let isOpen = try socket.read()
        let events = try reader.events(from: socket)
        if step == .openStream, reader.hasBegun {
            step = load.cycle == .workflow ? .awaitQuestion : .ask
            if step == .ask {
                try connection?.send(load.target.request("POST", "/sessions/\(session)/requests", Self.question))
            }
        }
        for event in events {
            guard seen < load.cycle.types.count, event.type == load.cycle.types[seen] else {
                throw BenchmarkFailure("a stream has \(event.type) as its number \(seen + 1)")
            }
            seen += 1
            if load.cycle == .workflow { try follow(event) }
        }
        guard !isOpen else { return }
        load.close(socket)
        guard reader.isComplete, seen == load.cycle.types.count else {
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
