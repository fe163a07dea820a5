import EventLoop
import HoldpointCore
import HoldpointPorts
import JSON
import RESTAPI

/// A line in the log for each request: who asked for which route, and how it ended.
///
/// Lines are written on a thread of their own, so that a reader who does not keep up holds up no request. What cannot
/// wait any more is counted and left out.
struct AccessLog: Sendable {
    /// Lines about requests that may wait to be written; above it they are counted and left out.
    static let maximumWaitingLines = 8_192

    private struct Waiting: Sendable {
        var lines: [(record: AccessRecord, time: Timestamp)] = []
        var isWriting = false
        var leftOut = 0
    }

    private let log: ServerLog
    private let clock: any Clock
    private let loop: EventLoop
    private let waiting = Locked(Waiting())

    /// Starts the thread.
    init(_ log: ServerLog, clock: any Clock) throws(EventLoopError) {
        self.log = log
        self.clock = clock
        loop = try EventLoop.start(name: "access-log")
    }

    /// Takes a line; from any thread, and without waiting for its being written.
    func note(_ record: AccessRecord) {
        let time = clock.now()
        let isFirst = waiting.withLock { waiting -> Bool in
            guard waiting.lines.count < Self.maximumWaitingLines else {
                waiting.leftOut += 1
                return false
            }
            waiting.lines.append((record, time))
            defer { waiting.isWriting = true }
            return !waiting.isWriting
        }
        if isFirst { loop.execute { write() } }
    }

    /// Writes what waits, and ends the thread.
    func finish() throws(EventLoopError) { try loop.stop() }

    private func write() {
        while true {
            let (lines, leftOut) = waiting.withLock { waiting in
                defer {
                    waiting.isWriting = !waiting.lines.isEmpty
                    waiting.lines = []
                    waiting.leftOut = 0
                }
                return (waiting.lines, waiting.leftOut)
            }
            if lines.isEmpty { return }
            for (record, time) in lines { log.write(.info, "request", Self.members(of: record), at: time) }
            if leftOut > 0 {
                log.write(.warning, "requests_not_logged", [("count", .integer(Int64(leftOut)))])
            }
        }
    }

    /// What a line says; there is no path, query, header or body in it.
    static func members(of record: AccessRecord) -> [(String, JSONValue)] {
        let (seconds, attoseconds) = record.duration.components
        func text(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }
        return [
            ("request_id", .string(record.requestID)), ("method", text(record.method)),
            ("route", text(record.route)), ("status", .integer(Int64(record.status))),
            ("duration_microseconds", .integer(seconds * 1_000_000 + attoseconds / 1_000_000_000_000)),
            ("principal", text(record.caller?.principal.text)), ("tenant", text(record.caller?.tenant.text)),
            ("project", text(record.project)),
        ]
    }
}
