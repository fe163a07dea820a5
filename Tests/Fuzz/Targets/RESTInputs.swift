import EventLoop
import Glibc
import HTTPServer
import HoldpointPorts
import JSON
import RESTAPI

/// Requests as the server hands them to the API: a request line without version, header lines, an empty line, a body.
enum RESTInputs {
    private static let api = RESTAPI(gateway: FuzzGateway())

    /// Every route's parameters and body are read; the gateway behind them has nothing.
    static func request(_ input: [UInt8]) throws(Finding) {
        guard let request = parsed(input) else { return }
        let first = try answer(to: request)
        let second = try answer(to: request)
        try require(first.status == second.status, "a request is judged in one way")
        guard first.status >= 400 else { return }
        try require(first.status != 500, "a request is no reason for a 500: \(first.text)")
        let problem = (try? JSONParser.parse(first.body)) ?? .null
        try require(problem["status"]?.int64Value == Int64(first.status), "a refusal is a problem: \(first.text)")
        try require(problem["code"]?.stringValue?.isEmpty == false, "a refusal has a code: \(first.text)")
        for error in problem["errors"]?.arrayValue ?? [] {
            let pointer = error["pointer"]?.stringValue ?? ""
            try require(isPlace(pointer, in: request), "an error names its place: \(first.text)")
        }
    }

    private static func isPlace(_ pointer: String, in request: HTTPRequest) -> Bool {
        if ["query:", "header:", "path:"].contains(where: { pointer.hasPrefix($0) }) { return true }
        guard let pointer = JSONPointer(parsing: pointer) else { return false }
        let body = (try? JSONParser.parse(request.body)) ?? [:]
        return pointer.isPlace(in: body)
    }

    /// What came back.
    private struct Answer: Sendable {
        let status: Int
        let body: [UInt8]
        var text: String { String(decoding: body.prefix(1_000), as: UTF8.self) }
    }

    private static func answer(to request: HTTPRequest) throws(Finding) -> Answer {
        let answer = Locked<Answer?>(nil)
        let executor = OwnTurns()
        Task(executorPreference: executor) {
            let found =
                switch await api.reply(to: request) {
                case .response(let response): Answer(status: response.status, body: response.body)
                case .eventStream: Answer(status: 200, body: [])
                }
            answer.withLock { $0 = found }
        }
        // What waits for a continuation goes on in the pool, and may come back from there.
        let end = ProcessorTime.ofThread + .seconds(10)
        while ProcessorTime.ofThread < end {
            executor.run()
            if let found = answer.withLock({ $0 }) { return found }
            sched_yield()
        }
        throw Finding(description: "a request waits for nothing")
    }

    /// The request, if the server lets such a one through (`HeadScanner`).
    private static func parsed(_ input: [UInt8]) -> HTTPRequest? {
        var lines = InputLines(input)
        let words = lines.line().split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        guard words.count == 2, let method = HTTPMethod(rawValue: words[0]), words[1].utf8.first == 0x2F,
            words[1].utf8.allSatisfy({ 0x21...0x7E ~= $0 && $0 != 0x23 })
        else { return nil }
        var headers = HTTPHeaders()
        while !lines.isEmpty {
            let line = lines.line()
            if line.isEmpty { break }
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty, parts[0].utf8.allSatisfy(HeadScanner.isTokenByte),
                parts[1].utf8.allSatisfy(HeadScanner.isValueByte)
            else { return nil }
            headers.add(String(parts[0]), String(parts[1].drop { $0 == " " }))
        }
        if headers["Authorization"] == nil { headers.add("Authorization", "Bearer hp_fuzz") }
        if headers["Content-Type"] == nil { headers.add("Content-Type", "application/json") }
        return HTTPRequest(method: method, target: words[1], headers: headers, body: lines.remainder)
    }
}

/// Runs tasks on the thread that asks, until none of them has a turn.
private final class OwnTurns: TaskExecutor {
    private let turns = Locked<[UnownedJob]>([])

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        turns.withLock { $0.append(job) }
    }

    func run() {
        while let job = turns.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) {
            job.runSynchronously(on: asUnownedTaskExecutor())
        }
    }
}
