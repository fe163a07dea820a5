/// The writes that wait for their batch.
struct GroupQueue<Database: GroupWritable> {
    private let limits: GroupLimits
    private var writes: [PendingWrite<Database>] = []
    private var bytes = 0
    /// Whether somebody takes batches at present.
    private var isDraining = false
    /// Whether no more writes are taken.
    var isClosed = false

    init(limits: GroupLimits) {
        self.limits = limits
    }

    /// What became of a write that was offered.
    enum Admission {
        /// It waits, and whoever takes batches will find it.
        case queued
        /// It waits, and nobody takes batches: the caller has to start.
        case queuedFirst
        /// It does not wait.
        case refused(GroupWriteError)
    }

    mutating func append(_ write: PendingWrite<Database>) -> Admission {
        guard !isClosed else { return .refused(.closed) }
        // One write is always let in, however large: its own size is limited elsewhere.
        guard writes.isEmpty || writes.count < limits.queueWrites && bytes + write.bytes <= limits.queueBytes else {
            return .refused(.overloaded)
        }
        writes.append(write)
        bytes += write.bytes
        guard !isDraining else { return .queued }
        isDraining = true
        return .queuedFirst
    }

    /// Takes the next batch; if there is none, the next writer to come has to start.
    mutating func takeBatch() -> [PendingWrite<Database>] {
        var count = 0
        var taken = 0
        while count < min(writes.count, limits.batchWrites) {
            let size = writes[count].bytes
            guard count == 0 || taken + size <= limits.batchBytes else { break }
            taken += size
            count += 1
        }
        isDraining = count > 0
        bytes -= taken
        guard count < writes.count else {
            defer { writes = [] }
            return writes
        }
        defer { writes.removeFirst(count) }
        return Array(writes[..<count])
    }
}
