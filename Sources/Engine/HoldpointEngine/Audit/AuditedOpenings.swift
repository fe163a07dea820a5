import HoldpointCore

/// What requests asked that were opened of late, until they are decided, within bounds: the oldest leave first.
struct AuditedOpenings {
    private let capacity: Int
    private var openings: [RequestID: AuditedOpening] = [:]
    /// The requests in the order in which they came; some are gone by now.
    private var order: [RequestID] = []

    /// - Parameter capacity: of how many requests it is held at most.
    init(capacity: Int) {
        self.capacity = capacity
    }

    mutating func add(_ asked: AuditedOpening, of request: RequestID) {
        guard openings.updateValue(asked, forKey: request) == nil else { return }
        order.append(request)
        // Gone through once in as many steps as there are entries to drop.
        guard order.count > 2 * capacity else { return }
        order.removeAll { openings[$0] == nil }
        for oldest in order.prefix(max(0, order.count - capacity)) { openings[oldest] = nil }
        order = order.suffix(capacity)
    }

    /// What a request asked, if it is here; it is not from then on.
    mutating func take(_ request: RequestID) -> AuditedOpening? { openings.removeValue(forKey: request) }
}
