import EventLoop
import Glibc

/// Why a server stops.
enum StopReason: Sendable {
    /// The process was told to, by this signal.
    case signal(Int32)
    /// The engine ended by itself, with its failure if it had one.
    case engine(String?)
}

/// Turns signals and the engine's end into one stream of reasons; the second signal ends the process at once.
struct StopRequests: Sendable {
    let reasons: AsyncStream<StopReason>
    private let source: AsyncStream<StopReason>.Continuation

    /// Watches SIGTERM and SIGINT on the loop.
    init(on loop: EventLoop) throws(EventLoopError) {
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
            }
        }
    }

    /// Says that the engine has ended.
    func engineEnded(_ failure: String?) { source.yield(.engine(failure)) }
}
