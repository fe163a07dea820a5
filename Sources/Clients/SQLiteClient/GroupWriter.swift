/// Commits the writes of many callers together, on a thread of its own: one transaction and one sync for each batch.
///
/// There is no timer. What callers write in one turn of their thread is handed over together when that turn ends, or
/// when it is enough for a batch; a batch starts as soon as the writer is idle and holds what has been handed over by
/// then. Were each write taken as it comes, a writer that is faster than its callers would commit them almost singly,
/// and every commit writes the pages that all of them change. Batches are committed in order; within a batch, writes
/// run in the order of their arrival and each sees those before it. A write that breaks a constraint is taken back
/// alone.
package actor GroupWriter<Database: GroupWritable> {
    private let thread: SQLiteThread
    private let limits: GroupLimits
    private let atEndOfTurn: EndOfTurn
    private let queue: Monitor<GroupQueue<Database>>
    private var database: Database?

    /// The writer runs on its own thread.
    nonisolated package var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    /// Takes over a database.
    ///
    /// - Parameter atEndOfTurn: how to wait until the callers' thread has nothing more to write for now.
    package init(
        _ database: sending Database, on thread: SQLiteThread, limits: GroupLimits = GroupLimits(),
        atEndOfTurn: @escaping EndOfTurn = { $0() }
    ) {
        self.database = database
        self.atEndOfTurn = atEndOfTurn
        self.thread = thread
        self.limits = limits
        queue = Monitor(GroupQueue(limits: limits))
    }

    /// Runs a write within the next batch and returns once that is on the disk.
    ///
    /// - Parameters:
    ///   - bytes: roughly what the write will store; it counts against the limits of batch and queue.
    ///   - body: checks first, then writes; a check that fails shows in its output. It may run a second time, if its
    ///     first batch had to be undone.
    nonisolated package func write<Output: Sendable>(
        bytes: Int, _ body: @escaping @Sendable (Database) throws(SQLiteError) -> Output
    ) async throws(GroupWriteError) -> Output {
        let result: Result<Output, GroupWriteError> = await withUnsafeContinuation { continuation in
            let write = PendingOutput(bytes: bytes, body: body, continuation: continuation)
            switch queue.withLock({ $0.append(write) }) {
            case .queued: break
            case .held: atEndOfTurn { if self.queue.withLock({ $0.release() }) { self.start() } }
            case .released: start()
            case .refused(let error): continuation.resume(returning: .failure(error))
            }
        }
        return try result.get()
    }

    /// Begins to take batches, on the writer's own thread: by way of the pool it would cost a second wake-up.
    nonisolated private func start() {
        Task(executorPreference: thread) { await self.drain() }
    }

    /// Takes no more writes, commits those that wait and lets the database go.
    package func close() {
        queue.withLock {
            $0.isClosed = true
            _ = $0.release()
        }
        drain()
        database = nil
    }

    private func drain() {
        while true {
            let batch = queue.withLock { $0.takeBatch() }
            guard !batch.isEmpty else { return }
            let failure = database.map { commit(batch, to: $0) } ?? .closed
            for write in batch { write.resolve(failure) }
        }
    }

    /// Commits a batch; returns why it is not committed, or nil.
    private func commit(
        _ batch: [PendingWrite<Database>], to database: Database
    ) -> GroupWriteError? {
        do {
            try run(batch, on: database)
        } catch {
            undo(database)
            guard error.isBlameOfOneWrite else { return .notCommitted(error) }
            do {
                try runApart(batch, on: database)
            } catch {
                undo(database)
                return .notCommitted(error)
            }
        }
        do {
            try database.connection.statement("COMMIT").run()
            return nil
        } catch {
            undo(database)
            // A log that could not be extended holds no commit. After any other error the log may hold the whole batch,
            // so that opening the file anew would find it; the next successful commit overwrites it.
            return error.kind == .full ? .notCommitted(error) : .inDoubt(error)
        }
    }

    /// Runs all writes in one transaction, without a safety net for each.
    private func run(_ batch: [PendingWrite<Database>], on database: Database) throws(SQLiteError) {
        try database.connection.statement("BEGIN IMMEDIATE").run()
        try database.didBegin()
        for write in batch {
            if let error = write.perform(on: database) { throw error }
        }
    }

    /// Runs all writes in one transaction, each with a savepoint to which it alone is taken back.
    private func runApart(_ batch: [PendingWrite<Database>], on database: Database) throws(SQLiteError) {
        let connection = database.connection
        try connection.statement("BEGIN IMMEDIATE").run()
        try database.didBegin()
        for write in batch {
            try connection.statement("SAVEPOINT one").run()
            if let error = write.perform(on: database) {
                guard error.isBlameOfOneWrite else { throw error }
                try connection.statement("ROLLBACK TO one").run()
                database.didRollBack()
            }
            try connection.statement("RELEASE one").run()
        }
    }

    private func undo(_ database: Database) {
        if database.connection.isInTransaction {
            // If even this fails, the next BEGIN fails too and says why.
            try? database.connection.statement("ROLLBACK").run()
        }
        database.didRollBack()
    }
}

extension SQLiteError {
    /// Whether the statement is to blame and not the file, so that others deserve another try.
    fileprivate var isBlameOfOneWrite: Bool {
        switch kind {
        case .constraint, .damagedRow, .other: true
        case .busy, .full, .inputOutput, .corrupt, .notADatabase, .readOnly, .cannotOpen: false
        }
    }
}
