/// Where a session stands, as the API shows it.
package enum SessionStatus: String, Sendable, Hashable, CaseIterable {
    /// The program, or the caller's own agent, is at work.
    case running
    /// A request or a timer is pending and no other effect is open.
    case waiting
    /// An operator stopped the program; answers still append and deadlines still run.
    case paused
    /// Ended with an output.
    case completed
    /// Ended with an error.
    case failed
    /// Ended by whoever had the right to end it.
    case cancelled
    /// Marked in the store, outside the log, after it brought a process down; an operator resumes it (I10).
    case quarantined

    /// Whether nothing can follow.
    package var isFinal: Bool {
        switch self {
        case .completed, .failed, .cancelled: true
        case .running, .waiting, .paused, .quarantined: false
        }
    }
}
