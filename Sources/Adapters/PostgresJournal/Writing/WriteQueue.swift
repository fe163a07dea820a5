package import HoldpointCore

/// What one of the writes of a batch is about and no other one of the same batch may be about.
///
/// Within one statement the server would see neither of two such writes while it does the other.
package enum WriteClaim: Hashable {
    /// The session's row, log and snapshot.
    case session(Identifier128)
    /// The name of a session that starts.
    case name(String, project: Int64)
    /// A caller's key against repetition.
    case idempotency(String, project: Int64)
    /// A stored command.
    case command(Identifier128)
    /// A counter of the project's policy.
    case counter(CounterKey, project: Int64)
    /// A delivery to a webhook.
    case delivery(Identifier128, Int64)
}

/// Something to write together with others.
package protocol BatchedWrite: Sendable {
    /// Roughly what it takes in a transaction.
    var byteCount: Int { get }
    /// What it has to itself within a batch.
    var claims: [WriteClaim] { get }
    /// Whether it can be in the transaction that this other one is in.
    func fits(with first: Self) -> Bool
}

/// What waits to be written, the oldest first, and the cutting of batches from it.
package struct WriteQueue<Write: BatchedWrite>: Sendable {
    let limits: WriteLimits
    private var waiting: [Write] = []
    private var position = 0
    private var bytes = 0

    /// An empty queue.
    package init(limits: WriteLimits) {
        self.limits = limits
    }

    /// How many wait.
    package var count: Int { waiting.count - position }

    /// Lets a write wait; false if a bound is reached.
    ///
    /// One that is alone may have any size.
    package mutating func append(_ write: Write) -> Bool {
        guard count < limits.waitingWrites else { return false }
        guard count == 0 || bytes + write.byteCount <= limits.waitingBytes else { return false }
        bytes += write.byteCount
        waiting.append(write)
        return true
    }

    /// Takes the oldest ones, as many as go into one transaction; empty if nothing waits.
    ///
    /// Nobody is overtaken: a batch ends before the first write that does not fit.
    package mutating func takeBatch() -> [Write] {
        var batch: [Write] = []
        var batchBytes = 0
        var claimed: Set<WriteClaim> = []
        while position < waiting.count, batch.count < limits.batchWrites {
            let write = waiting[position]
            let claims = write.claims
            if let first = batch.first {
                guard batchBytes + write.byteCount <= limits.batchBytes, write.fits(with: first) else { break }
                guard claimed.isDisjoint(with: claims) else { break }
            }
            claimed.formUnion(claims)
            batchBytes += write.byteCount
            batch.append(write)
            position += 1
        }
        bytes -= batchBytes
        forgetTaken()
        return batch
    }

    /// Takes all.
    package mutating func takeAll() -> [Write] {
        defer {
            waiting = []
            position = 0
            bytes = 0
        }
        return Array(waiting[position...])
    }

    private mutating func forgetTaken() {
        if position == waiting.count {
            waiting.removeAll(keepingCapacity: true)
            position = 0
        } else if position >= 1_024 {
            waiting.removeFirst(position)
            position = 0
        }
    }
}
