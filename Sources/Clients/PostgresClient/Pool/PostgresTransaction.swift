import EventLoop

/// A transaction over several segments, for what one segment cannot do: to decide by what was read.
// Proof for @unchecked Sendable: `pool` never changes; `connection` is touched only on the pool's loop.
package final class PostgresTransaction: @unchecked Sendable {
    private let pool: PostgresPool
    /// Its connection, until the transaction has ended or the connection was cut.
    var connection: Connection?

    init(_ pool: PostgresPool) {
        self.pool = pool
    }

    /// Runs a segment within the transaction and waits for its results.
    ///
    /// After an error the transaction can only be left. Throws `connectionLost` if the connection was cut, so that
    /// nothing of the transaction is stored.
    package func run(_ segment: PostgresSegment) async throws(PostgresError) -> [PostgresResult] {
        try await pool.perform(Work(segment, need: .within(self), ifCut: .connectionLost))
    }

    /// Runs one statement within the transaction.
    package func run(
        _ statement: PostgresStatement, _ parameters: [PostgresValue] = []
    ) async throws(PostgresError) -> PostgresResult {
        try await run(PostgresSegment(statement, parameters)).first ?? PostgresResult()
    }

    fileprivate static let begin = PostgresStatement("begin")
    fileprivate static let commit = PostgresStatement("commit")
    fileprivate static let rollback = PostgresStatement("rollback")

    fileprivate func end(
        _ statement: PostgresStatement, ifCut: PostgresError
    ) async throws(PostgresError) -> PostgresResult? {
        let work = Work(PostgresSegment(statement), need: .within(self), ifCut: ifCut)
        return try await pool.perform(work, isCancellable: false).first
    }

    /// Gives the connection back to the pool.
    fileprivate func release() async {
        await withCheckedContinuation { continuation in
            pool.loop.run {
                if let connection = self.connection {
                    self.connection = nil
                    connection.reservation = nil
                    self.pool.didFree(connection)
                }
                continuation.resume()
            }
        }
    }
}

extension PostgresPool {
    /// Begins a transaction on a connection of its own, runs `body` in it and commits, or rolls back if `body` throws.
    ///
    /// Between segments the server waits for the client, and holds its locks: use a segment wherever one will do. The
    /// server cuts a connection whose transaction is idle for longer than `idleTransactionLimit`. Throws `inDoubt` only
    /// if the connection was cut after the commit was sent, and `rolledBack` if `body` has swallowed an error.
    ///
    /// - Parameter slot: The number of the connection that must be used; nil for any.
    package func transaction<Output>(
        on slot: Int? = nil, _ body: (PostgresTransaction) async throws(PostgresError) -> Output
    ) async throws(PostgresError) -> Output {
        let transaction = PostgresTransaction(self)
        let begin = PostgresSegment(PostgresTransaction.begin)
        do throws(PostgresError) {
            _ = try await perform(Work(begin, need: .opening(transaction, slot: slot), ifCut: .connectionLost))
        } catch {
            await transaction.release()
            throw error
        }
        let output: Output
        do throws(PostgresError) {
            output = try await body(transaction)
        } catch {
            // If this fails the connection was cut, and the server rolls back by itself.
            _ = try? await transaction.end(PostgresTransaction.rollback, ifCut: .connectionLost)
            await transaction.release()
            throw error
        }
        do throws(PostgresError) {
            let result = try await transaction.end(PostgresTransaction.commit, ifCut: .inDoubt)
            await transaction.release()
            guard result?.command == "COMMIT" else { throw .rolledBack }
        } catch {
            await transaction.release()
            throw error
        }
        return output
    }
}
