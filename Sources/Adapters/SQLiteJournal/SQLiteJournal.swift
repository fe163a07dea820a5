package import HoldpointPorts
package import SQLiteClient

/// The embedded store: one folder with one SQLite database, one thread that commits in groups and one that reads.
///
/// It implements `Journal` and `Directory`. Everything is durable when a call returns: the database has a write-ahead
/// log with `synchronous=FULL`.
package final class SQLiteJournal: Sendable {
    /// The path of the database.
    package let path: String
    let clock: any Clock
    private let writer: GroupWriter<JournalDatabase>
    private let reader: JournalReader
    // Held for as long as the journal lives, or the process.
    private let lock: FolderLock?

    /// Opens the store, making what is missing if the role allows it.
    ///
    /// - Parameters:
    ///   - configuration: where and how.
    ///   - clock: dates what the store itself makes, such as versions of agents.
    ///   - atEndOfTurn: how to wait until the thread that commits has nothing more to commit for now.
    /// - Throws: `JournalUnusable` with the path and what to do; nothing is changed then.
    package init(
        _ configuration: SQLiteJournalConfiguration, clock: any Clock,
        atEndOfTurn: @escaping EndOfTurn = { $0() }
    ) throws(JournalUnusable) {
        let file = JournalFile(configuration)
        lock = try file.prepare()
        path = file.path
        self.clock = clock
        let database = JournalDatabase(
            try file.openWriter(), rememberedSessions: configuration.rememberedSessions)
        let queries = JournalQueries(try file.openReader())
        do throws(SQLiteThreadError) {
            writer = GroupWriter(
                database, on: try SQLiteThread(), limits: configuration.group, atEndOfTurn: atEndOfTurn)
            reader = JournalReader(queries, on: try SQLiteThread())
        } catch {
            throw JournalUnusable(.notAccessible, "the system has no thread left for \(file.path)")
        }
    }

    /// Commits what waits and lets the files and the folder go; later calls throw `unavailable`.
    package func close() async {
        await reader.close()
        await writer.close()
        lock?.release()
    }

    /// The settings that durability and speed depend on, as the writing connection has them now.
    package func settings() async throws(JournalError) -> [(name: String, value: String)] {
        try await write { database throws(SQLiteError) in
            var settings: [(name: String, value: String)] = []
            for name in ["journal_mode", "synchronous", "page_size", "wal_autocheckpoint", "secure_delete"] {
                settings.append((name, try database.connection.pragma(name)))
            }
            return .success(settings)
        }
    }

    /// Writes in the next group and returns when that is durable.
    func write<Output: Sendable>(
        bytes: Int = 256, _ body: @escaping @Sendable (JournalDatabase) throws(SQLiteError) -> Verdict<Output>
    ) async throws(JournalError) -> Output {
        let verdict: Verdict<Output>
        do throws(GroupWriteError) {
            verdict = try await writer.write(bytes: bytes, body)
        } catch {
            throw failure(error)
        }
        return try verdict.get()
    }

    /// Reads what is committed.
    func read<Output: Sendable>(
        _ query: @Sendable (JournalQueries) throws(SQLiteError) -> Output
    ) async throws(JournalError) -> Output {
        switch await reader.run(query) {
        case .success(let output): return output
        case .failure(let error): throw failure(error)
        case nil: throw failure(.closed)
        }
    }

    private func failure(_ error: GroupWriteError) -> JournalError {
        switch error {
        case .overloaded: .overloaded
        case .closed: .unavailable("\(path) is closed")
        case .notCommitted(let cause): failure(cause)
        case .inDoubt(let cause): .inDoubt("\(path): \(cause)")
        }
    }

    private func failure(_ error: SQLiteError) -> JournalError {
        switch error.kind {
        case .full: .unavailable("the disk, or the limit of the database, is full: \(path)")
        case .busy: .unavailable("\(path) is locked by another process")
        case .inputOutput, .readOnly, .cannotOpen: .unavailable("\(path) cannot be used: \(error)")
        case .corrupt, .damagedRow, .notADatabase: .corrupt("\(path) is damaged: \(error)")
        case .constraint, .other: .refused("\(path): \(error)")
        }
    }
}
