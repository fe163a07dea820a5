import HTTPServer
import HoldpointPorts

/// What is found out about a request on its way, whatever becomes of it.
struct Visit: Sendable {
    /// What may be logged.
    var record: AccessRecord
    /// What is left of the key's quota, if it has one.
    var quota: TokenBucket.Verdict?
    private let start: ContinuousClock.Instant?

    /// Begins; the time is taken only if somebody asks for it.
    init(_ request: HTTPRequest, isTimed: Bool) {
        record = AccessRecord(requestID: RequestIdentifiers.shared.next(), method: request.method.rawValue)
        start = isTimed ? .now : nil
    }

    /// Ends with the reply's status.
    mutating func end(status: Int) {
        record.status = status
        if let start { record.duration = start.duration(to: .now) }
    }
}
