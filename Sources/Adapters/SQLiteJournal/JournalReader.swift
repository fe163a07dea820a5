import HoldpointPorts
import SQLiteClient

/// Runs queries one after the other on a thread and a connection of their own, so that they never wait for a sync.
actor JournalReader {
    private let thread: SQLiteThread
    private var queries: JournalQueries?

    /// The reader runs on its own thread.
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    init(_ queries: sending JournalQueries, on thread: SQLiteThread) {
        self.queries = queries
        self.thread = thread
    }

    /// Runs a query; nil if the reader was closed.
    func run<Output: Sendable>(
        _ query: @Sendable (JournalQueries) throws(SQLiteError) -> Output
    ) -> Result<Output, SQLiteError>? {
        guard let queries else { return nil }
        do throws(SQLiteError) {
            return .success(try query(queries))
        } catch {
            return .failure(error)
        }
    }

    /// Lets the connection go.
    func close() {
        queries = nil
    }
}
