import HTTPServer
import HoldpointPorts

/// Whether a response can begin.
enum StreamOpening: Sendable {
    /// It can: the subscription stands, or so much is there already that it must be sent first.
    case begun
    /// There is nothing to stream.
    case nothingLeft
    /// The gateway refused.
    case failed(any Error)
    /// The client left meanwhile.
    case gone
}

/// A subscriber to whom frames are not sent directly yet: they are kept, and sent at the client's pace.
struct EarlySubscriber {
    /// How many bytes are kept for one subscriber; beyond it the stream ends behind them, and the client resumes.
    static let maximumBacklogBytes = 8 << 20
    /// How many bytes are sent before the client must have taken them.
    static let portionBytes = 64 << 10

    /// The stream, once the response has begun.
    var stream: HTTPEventStream?
    /// The handler that waits to know whether the response can begin.
    var opening: CheckedContinuation<StreamOpening, Never>?
    /// Whether the gateway still works on the subscription.
    var isSubscribing = true
    /// Whether a task sends the backlog.
    var isFeeding = false
    private(set) var hasEnded = false
    private(set) var backlog: [SharedBytes] = []
    private var backlogBytes = 0
    var drains: [CheckedContinuation<Bool, Never>] = []

    /// Whether all that was sent has left.
    var isDrained: Bool { stream != nil && !isFeeding }

    /// Whether the backlog is so small that the client need not be waited for.
    var isSmall: Bool { backlogBytes <= Self.portionBytes }

    /// Keeps a frame; true if somebody must begin to send.
    mutating func add(_ frame: SharedBytes) -> Bool {
        guard !hasEnded else { return false }
        guard backlogBytes + frame.count <= Self.maximumBacklogBytes else { return end() }
        backlog.append(frame)
        backlogBytes += frame.count
        return wakesFeeder()
    }

    /// Takes nothing more; true if somebody must begin to send.
    mutating func end() -> Bool {
        hasEnded = true
        return wakesFeeder()
    }

    /// True if there is a stream that nobody feeds; it counts as fed from then on.
    mutating func wakesFeeder() -> Bool {
        guard stream != nil, !isFeeding else { return false }
        isFeeding = true
        return true
    }

    mutating func takeOpening() -> CheckedContinuation<StreamOpening, Never>? {
        defer { opening = nil }
        return opening
    }

    mutating func takeDrains() -> [CheckedContinuation<Bool, Never>] {
        defer { drains = [] }
        return drains
    }

    /// Takes the next frames to send: as many as make one portion, but at least one if there is any.
    mutating func takePortion() -> ArraySlice<SharedBytes> {
        var count = 0
        var bytes = 0
        while count < backlog.count, count == 0 || bytes + backlog[count].count <= Self.portionBytes {
            bytes += backlog[count].count
            count += 1
        }
        let portion = backlog[..<count]
        backlog.removeFirst(count)
        backlogBytes -= bytes
        return portion
    }
}
