/// A write that waits for its batch, without the type of its output.
// Unchecked: the queue hands it over; the caller that made it does not touch it again, and the writer's thread alone
// does from then on.
class PendingWrite<Database: GroupWritable>: @unchecked Sendable {
    /// Roughly what the write will store.
    let bytes: Int

    init(bytes: Int) {
        self.bytes = bytes
    }

    /// Runs the write within the open transaction and keeps its outcome; returns what SQLite said if it could not.
    func perform(on database: Database) -> SQLiteError? { nil }

    /// Tells the caller the outcome, or the failure of the whole batch.
    func resolve(_ failure: GroupWriteError?) {}
}

/// A write that waits for its batch.
// Unchecked: as its superclass.
final class PendingOutput<Database: GroupWritable, Output: Sendable>: PendingWrite<Database>, @unchecked Sendable {
    private let body: @Sendable (Database) throws(SQLiteError) -> Output
    private let continuation: UnsafeContinuation<Result<Output, GroupWriteError>, Never>
    private var outcome: Result<Output, GroupWriteError> = .failure(.closed)

    init(
        bytes: Int, body: @escaping @Sendable (Database) throws(SQLiteError) -> Output,
        continuation: UnsafeContinuation<Result<Output, GroupWriteError>, Never>
    ) {
        self.body = body
        self.continuation = continuation
        super.init(bytes: bytes)
    }

    override func perform(on database: Database) -> SQLiteError? {
        do throws(SQLiteError) {
            outcome = .success(try body(database))
            return nil
        } catch {
            outcome = .failure(.notCommitted(error))
            return error
        }
    }

    override func resolve(_ failure: GroupWriteError?) {
        continuation.resume(returning: failure.map { .failure($0) } ?? outcome)
    }
}
