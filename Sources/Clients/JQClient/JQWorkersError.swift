/// Why workers cannot be asked; it says nothing about what they would have been asked.
package enum JQWorkersError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The system refused a thread, a socket or a process; `code` is `errno`.
    case system(code: Int32)
    /// A worker did not get ready.
    case notReady
    /// So many exchanges wait already.
    case tooManyWaiting
    /// The workers were stopped.
    case stopped

    /// One sentence for people.
    package var description: String {
        switch self {
        case .system(let code): "the system starts no evaluator of expressions (error \(code))"
        case .notReady: "the evaluator of expressions does not start"
        case .tooManyWaiting: "too many expressions wait to be evaluated"
        case .stopped: "the evaluator of expressions is stopped"
        }
    }
}
