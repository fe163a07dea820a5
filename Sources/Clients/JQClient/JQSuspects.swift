import EventLoop

/// The programs that quick workers leave alone, bounded in number.
final class JQSuspects: Sendable {
    private enum Standing {
        /// It held a quick worker up, and the slow one has not said yet why. Can become `guilty`, or end.
        case suspected
        /// It took all its time, or broke its worker.
        case guilty
    }

    private let capacity: Int
    private let standings = Locked<[String: Standing]>([:])

    init(capacity: Int) {
        self.capacity = capacity
    }

    /// Whether a program goes to the slow worker at once.
    func contains(_ source: String) -> Bool { standings.withLock { $0[source] != nil } }

    /// Whether every one of these requests does.
    func containsAll(_ requests: [JQRequest]) -> Bool {
        standings.withLock { standings in requests.allSatisfy { standings[$0.source] != nil } }
    }

    /// A quick worker was held up by these; if it was one program alone, others shall not be held up by it meanwhile.
    func suspect(_ requests: [JQRequest]) {
        guard let first = requests.first, requests.allSatisfy({ $0.source == first.source }) else { return }
        note(first.source, .suspected)
    }

    /// The slow worker's verdict: it ran away.
    func condemn(_ source: String) { note(source, .guilty) }

    /// The slow worker's verdict: it came to an end.
    func clear(_ source: String) {
        standings.withLock { standings in
            if standings[source] == .suspected { standings[source] = nil }
        }
    }

    private func note(_ source: String, _ standing: Standing) {
        standings.withLock { standings in
            if standings[source] == .guilty { return }
            if standings.count >= capacity { standings.removeAll() }
            if capacity > 0 { standings[source] = standing }
        }
    }
}
