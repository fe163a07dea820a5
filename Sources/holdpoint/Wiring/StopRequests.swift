import EventLoop
import Glibc
import JSON

/// Why a server stops.
enum StopReason: Sendable {
    /// The process was told to, by this signal.
    case signal(Int32)
    /// The engine ended by itself, with its failure if it had one.
    case engine(String?)
}

/// Turns signals and the engine's end into one stream of reasons; the second signal ends the process at once.
///
/// So does the first, once the stop has taken longer than it may: a store that does not answer must not keep a process
/// that was told to go.
struct StopRequests: Sendable {
    /// How long a stop may take beyond the time in which replies and streams are drained; default 20 s.
    static let patience = Duration.seconds(20)

    let reasons: AsyncStream<StopReason>
    private let source: AsyncStream<StopReason>.Continuation

    /// Watches SIGTERM and SIGINT on the loop.
    ///
    /// - Parameter limit: How long a stop may take in all.
    init(on loop: EventLoop, limit: Duration, log: ServerLog) throws(EventLoopError) {
        (reasons, source) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(4))
        let count = Locked(0)
        for number in [SIGTERM, SIGINT] {
            try loop.onSignal(number) { [source] in
                let isFirst = count.withLock { count -> Bool in
                    count += 1
                    return count == 1
                }
                // The store is safe against any death; nobody was told that what is cut short was done.
                if !isFirst { _exit(ExitCode.failed.rawValue) }
                source.yield(.signal(number))
                loop.schedule(after: limit) {
                    let detail = "the stop took longer than \(limit.components.seconds) s"
                    log.write(.warning, "stop_not_clean", [("detail", .string(detail))])
                    _exit(ExitCode.failed.rawValue)
                }
            }
        }
    }

    /// Says that the engine has ended.
    func engineEnded(_ failure: String?) { source.yield(.engine(failure)) }
}
