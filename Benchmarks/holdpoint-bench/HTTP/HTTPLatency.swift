import Glibc
import JSON

/// Workflows of one `call: human` over HTTP, one after the other, with the project's feed open: how long it takes until
/// the feed tells that the workflow waits, and after the answer that it has completed.
///
/// The clock runs from the moment in which a request is about to be sent to that in which the event was read; what the
/// request is answered, and what the event says, is looked at afterwards. One thread, which sleeps while nothing
/// arrives: the server and the database need the cores.
final class HTTPLatency {
    /// The agent, which must be there: it asks with the text of its input as context, and ends with the answer.
    private static let agent = "ask"
    private static let text = String(repeating: "x", count: 1_000)
    /// Cycles before those that are measured, as a part of those.
    private static let warmUpPart = 10
    private static let patienceMilliseconds: Int32 = 30_000

    private let target: HTTPTarget
    private let connection: Socket
    private let feed: Socket
    private var reader = EventReader()
    /// Events that came and were not taken yet.
    private var news: [EventReader.Event] = []

    init(_ target: HTTPTarget) throws {
        self.target = target
        connection = try Socket(port: target.port)
        feed = try Socket(port: target.port)
    }

    /// Plays so many cycles, after some that do not count, and prints what they took.
    func run(_ count: Int) throws {
        // What happens before the feed is open need not be on it.
        try feed.send(target.request("GET", "/stream"))
        while !reader.hasBegun { try awaitArrival() }
        let warmUp = max(1, count / Self.warmUpPart)
        var starts: [Double] = []
        var answers: [Double] = []
        for number in 0..<warmUp + count {
            let (start, answer) = try cycle(number)
            guard number >= warmUp else { continue }
            starts.append(start)
            answers.append(answer)
        }
        print("one at a time, \(warmUp) before \(count): \(line("start", starts)); \(line("answer", answers))")
        connection.end()
        feed.end()
    }

    private func line(_ name: String, _ microseconds: [Double]) -> String {
        "\(name) p50 \(microseconds.median.rounded(1)) µs p95 \(microseconds.quantile(0.95).rounded(1)) µs"
    }

    /// One session from its start to its end: the microseconds until it waits, and from its answer until it is done.
    private func cycle(_ number: Int) throws -> (start: Double, answer: Double) {
        let session = "latency-\(number)"
        let answer: JSONValue = ["answer": .string("the answer to \(number)")]
        let (start, asked) = try exchange(
            "/sessions", ["agent": .string(Self.agent), "id": .string(session), "input": ["text": .string(Self.text)]],
            of: session, brings: ["session_started", "hitl_requested"])
        guard case .string(let request) = asked["id"], asked["context"]?["text"] == .string(Self.text) else {
            throw BenchmarkFailure("\(session) asks something else")
        }
        let (end, completed) = try exchange(
            "/requests/\(request)/respond", ["response": answer], of: session,
            brings: ["hitl_responded", "session_completed"])
        guard completed["output"] == answer else { throw BenchmarkFailure("\(session) came to something else") }
        return (start, end)
    }

    /// Sends a request, and waits for its reply and for events of the session, which must come in this order and alone.
    ///
    /// - Returns: the microseconds until the last of the events was read, and its data.
    private func exchange(
        _ path: String, _ body: JSONValue, of session: String, brings types: [String]
    ) throws -> (microseconds: Double, data: JSONValue) {
        let bytes = target.request("POST", path, body.text)
        let clock = ContinuousClock()
        let began = clock.now
        try connection.send(bytes)
        var arrived: ContinuousClock.Instant?
        var isAnswered = false
        while arrived == nil || !isAnswered {
            try awaitArrival()
            if arrived == nil, news.count >= types.count { arrived = clock.now }
            if try !isAnswered && HTTPTarget.reply(from: connection) != nil { isAnswered = true }
        }
        guard let arrived, news.map(\.type) == types, let last = news.last else {
            throw BenchmarkFailure("the feed has \(news.map(\.type)) of \(session) instead of \(types)")
        }
        let event = try JSONParser.parse(last.data)
        guard event["session"] == .string(session), let data = event["data"] else {
            throw BenchmarkFailure("the feed has an event of another session than \(session)")
        }
        news = []
        let taken = (arrived - began).components
        return (Double(taken.seconds) * 1e6 + Double(taken.attoseconds) / 1e12, data)
    }

    /// Waits until something arrives, and takes it in.
    private func awaitArrival() throws {
        var polled = [connection, feed].map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
        guard poll(&polled, nfds_t(polled.count), Self.patienceMilliseconds) > 0 else {
            throw BenchmarkFailure("nothing came for 30 s")
        }
        if polled[1].revents != 0 {
            guard try feed.read() else { throw BenchmarkFailure("the feed was cut") }
            news += try reader.events(from: feed)
        }
        if polled[0].revents != 0 {
            guard try connection.read() else { throw BenchmarkFailure("the server closed a connection") }
        }
    }
}
