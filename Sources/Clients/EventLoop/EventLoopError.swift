/// What may go wrong when a loop is started, stopped or given a signal to watch.
package enum EventLoopError: Error, Equatable, CustomStringConvertible {
    /// The libevent that is linked is older than 2.1.12 (its version number is given).
    case libraryTooOld(version: UInt32)
    /// The system refused a descriptor, memory or a thread; names the call that failed and its errno.
    case outOfResources(call: String, errno: Int32)
    /// Another loop of this process watches signals already; libevent allows only one.
    case signalsOwnedElsewhere
    /// The loop's thread did not end within the time that `stop` allows.
    case stopTimedOut
    /// The loop has been stopped.
    case stopped

    /// One sentence for a log line.
    package var description: String {
        switch self {
        case .libraryTooOld(let version):
            "libevent is too old (version number \(String(version, radix: 16))); 2.1.12 is the oldest that is safe"
        case .outOfResources(let call, let errno): "\(call) failed with errno \(errno)"
        case .signalsOwnedElsewhere: "another event loop of this process watches signals already"
        case .stopTimedOut: "the event loop's thread did not end in time"
        case .stopped: "the event loop has been stopped"
        }
    }
}
