/// The writes that wait for their batch.
struct GroupQueue<Database: GroupWritable> {
    private let limits: GroupLimits
    private var writes: [PendingWrite<Database>] = []
    private var bytes = 0
    /// How many of the first writes may be taken; the others are held back until the turn ends.
    private var released = 0
    /// Whether the end of the turn will release what is held back.
    private var isReleasing = false
    /// Whether somebody takes batches at present.
    private var isDraining = false
    /// Whether no more writes are taken.
    var isClosed = false

    init(limits: GroupLimits) {
        self.limits = limits
    }

    /// What became of a write that was offered.
    enum Admission {
        /// It waits, and somebody will find it.
        case queued
        /// It waits, and the caller has to see to it that `release` is called when the turn ends.
        case held
        /// It waits with others that need not wait any longer, and nobody takes batches: the caller has to start.
        case released
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
        if writes.count - released >= limits.heldWrites { return startsTaking() ? .released : .queued }
        guard !isReleasing else { return .queued }
        isReleasing = true
        return .held
    }

    /// Ends the turn: what is held back may be taken.
    ///
    /// - Returns: whether the caller has to start taking batches.
    mutating func release() -> Bool {
        isReleasing = false
        return startsTaking()
    }

    private mutating func startsTaking() -> Bool {
        released = writes.count
        guard released > 0, !isDraining else { return false }
        isDraining = true
        return true
    }

    /// Takes the next batch of what is released; if there is none, the next release has to start.
    mutating func takeBatch() -> [PendingWrite<Database>] {
        var count = 0
        var taken = 0
        while count < min(released, limits.batchWrites) {
            let size = writes[count].bytes
            guard count == 0 || taken + size <= limits.batchBytes else { break }
            taken += size
            count += 1
        }
        isDraining = count > 0
        released -= count
        bytes -= taken
        if count == 0 { return [] }
        guard count < writes.count else {
            defer { writes = [] }
            return writes
        }
        defer { writes.removeFirst(count) }
        return Array(writes[..<count])
    }
}
