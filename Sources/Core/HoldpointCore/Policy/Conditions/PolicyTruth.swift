/// What becomes of a condition: it may also be impossible to tell, and then a human decides.
enum PolicyTruth: Sendable, Equatable {
    case holds
    case fails
    /// It cannot be told, for this reason, which names no value of the call.
    case unknown(String)

    init(_ holds: Bool) { self = holds ? .holds : .fails }

    var negated: PolicyTruth {
        switch self {
        case .holds: .fails
        case .fails: .holds
        case .unknown: self
        }
    }
}
