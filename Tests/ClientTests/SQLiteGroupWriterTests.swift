import Glibc
import SQLiteClient
import Testing

/// A table of notes with unique names; remembers how often it was told of an undone transaction.
private final class Notes: GroupWritable {
    let connection: SQLiteConnection
    private(set) var undone = 0

    init(path: String) throws {
        connection = try SQLiteConnection(path: path, access: .create, busyTimeout: .zero)
        _ = try connection.setPragma("journal_mode", to: "WAL")
        try connection.execute("CREATE TABLE IF NOT EXISTS notes(name TEXT UNIQUE, body BLOB)")
    }

    func didBegin() {}

    func didRollBack() { undone += 1 }

    func add(_ name: String, _ body: [UInt8] = []) throws(SQLiteError) {
        let insert = try connection.statement("INSERT INTO notes VALUES(?1, ?2)")
        try insert.bind(name, at: 1)
        try insert.run(borrowing: body, at: 2)
    }

    func count() throws(SQLiteError) -> Int64 {
        let select = try connection.statement("SELECT count(*) FROM notes")
        defer { select.reset() }
        return try select.step() ? select.integer(0) : 0
    }
}

@Suite("Group writer", .timeLimit(.minutes(1)))
struct SQLiteGroupWriterTests {
    private typealias Writer = GroupWriter<Notes>

    @Test func `many writers at once are all committed, in batches`() async throws {
        try await withWriter { writer in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<2_000 {
                    group.addTask { try await add("note \(number)", to: writer) }
                }
                try await group.waitForAll()
            }
            #expect(try await count(in: writer) == 2_000)
        }
    }

    @Test func `a write that breaks a constraint is taken back alone`() async throws {
        try await withWriter { writer in
            let outcomes = await neighbours(of: writer) { notes throws(SQLiteError) in
                try notes.add("half done")
                try notes.add("half done")
            }
            #expect(outcomes.committed == 100)
            guard case .notCommitted(let error) = outcomes.failure else {
                throw Unexpected(failure: outcomes.failure)
            }
            #expect(error.kind == .constraint)
            #expect(try await count(in: writer) == 100)
            #expect(try await writer.write(bytes: 0) { $0.undone } >= 2)
        }
    }

    @Test func `a full disk fails the batch as not committed and the writer goes on`() async throws {
        try await withWriter { writer in
            try await writer.write(bytes: 0) { notes in
                _ = try? notes.connection.setPragma("max_page_count", to: "20")
            }
            let error = await failure(of: writer) { notes throws(SQLiteError) in
                try notes.add("big", [UInt8](repeating: 1, count: 1_000_000))
            }
            guard case .notCommitted(let cause) = error else { throw Unexpected(failure: error) }
            #expect(cause.kind == .full)
            try await add("small", to: writer)
            #expect(try await count(in: writer) == 1)
        }
    }

    @Test func `more than may wait is refused as overload, by number and by bytes`() async throws {
        for (limits, size) in [(limits(writes: 4), 1), (limits(bytes: 100), 60)] {
            try await withWriter(limits: limits) { writer in
                let outcomes = await race(on: writer, count: 64, size: size)
                #expect(outcomes.committed >= 1)
                #expect(outcomes.overloaded >= 1)
                #expect(outcomes.committed + outcomes.overloaded == 64)
                let stored = try await count(in: writer)
                #expect(stored == Int64(outcomes.committed))
            }
        }
    }

    @Test func `after closing nothing is taken, and what waited is committed`() async throws {
        try await withWriter { writer in
            try await add("kept", to: writer)
            await writer.close()
            let error = await failure(of: writer) { notes throws(SQLiteError) in try notes.add("late") }
            #expect(error == .closed)
        }
    }

    @Test func `what a turn writes is taken when the turn ends`() async throws {
        let turn = Monitor<[@Sendable () -> Void]>([])
        try await withWriter(atEndOfTurn: { action in turn.withLock { $0.append(action) } }) { writer in
            let hasRun = Monitor(false)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    try await writer.write(bytes: 10) { notes throws(SQLiteError) in
                        hasRun.withLock { $0 = true }
                        try notes.add("held")
                    }
                }
                while turn.withLock({ $0.isEmpty }) { await Task.yield() }
                #expect(hasRun.withLock { $0 } == false)
                for action in turn.withLock({ $0 }) { action() }
                try await group.waitForAll()
            }
            #expect(hasRun.withLock { $0 })
        }
    }

    @Test func `enough for a batch is taken before the turn ends`() async throws {
        var limits = GroupLimits()
        limits.heldWrites = 3
        let turns = Monitor(0)
        try await withWriter(limits: limits, atEndOfTurn: { _ in turns.withLock { $0 += 1 } }) { writer in
            // The turn never ends here: the third write lets all three go.
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<3 { group.addTask { try await add("note \(number)", to: writer) } }
                try await group.waitForAll()
            }
            #expect(turns.withLock { $0 } == 1)
        }
    }

    private struct Unexpected: Error {
        let failure: GroupWriteError?
    }

    private func limits(writes: Int? = nil, bytes: Int? = nil) -> GroupLimits {
        var limits = GroupLimits()
        limits.queueWrites = writes ?? limits.queueWrites
        limits.queueBytes = bytes ?? limits.queueBytes
        return limits
    }

    private func add(_ name: String, to writer: Writer) async throws {
        try await writer.write(bytes: 10) { notes throws(SQLiteError) in try notes.add(name) }
    }

    private func count(in writer: Writer) async throws -> Int64 {
        try await writer.write(bytes: 0) { notes throws(SQLiteError) in try notes.count() }
    }

    private func failure(
        of writer: Writer, size: Int = 10, _ body: @escaping @Sendable (Notes) throws(SQLiteError) -> Void
    ) async -> GroupWriteError? {
        do throws(GroupWriteError) {
            try await writer.write(bytes: size, body)
            return nil
        } catch {
            return error
        }
    }

    /// Queues writes behind one that holds the writer up until all others wait or were refused.
    private func race(on writer: Writer, count: Int, size: Int) async -> (committed: Int, overloaded: Int) {
        let gate = Monitor(0)
        return await withTaskGroup(of: Bool.self) { group in
            for number in 0..<count {
                group.addTask {
                    let error = await failure(of: writer, size: size) { notes throws(SQLiteError) in
                        while gate.withLock({ $0 }) < count / 2 { sched_yield() }
                        try notes.add("note \(number)")
                    }
                    gate.withLock { $0 += 1 }
                    return error == nil
                }
            }
            // The writer is held up only as long as not half of the others were turned away.
            var committed = 0
            for await isCommitted in group where isCommitted { committed += 1 }
            return (committed, count - committed)
        }
    }

    /// Runs one odd write among a hundred good ones.
    private func neighbours(
        of writer: Writer, prefix: String = "note",
        _ odd: @escaping @Sendable (Notes) throws(SQLiteError) -> Void
    ) async -> (committed: Int, failure: GroupWriteError?) {
        await withTaskGroup(of: (isOdd: Bool, failure: GroupWriteError?).self) { group in
            for number in 0..<101 {
                group.addTask {
                    let error = await failure(of: writer) { notes throws(SQLiteError) in
                        if number == 50 { try odd(notes) } else { try notes.add("\(prefix) \(number)") }
                    }
                    return (number == 50, error)
                }
            }
            var committed = 0
            var oddFailure: GroupWriteError?
            for await (isOdd, failure) in group {
                if isOdd { oddFailure = failure } else if failure == nil { committed += 1 }
            }
            return (committed, oddFailure)
        }
    }

    private func withWriter(
        limits: GroupLimits = GroupLimits(), atEndOfTurn: @escaping EndOfTurn = { $0() },
        _ body: (Writer) async throws -> Void
    ) async throws {
        var template = [CChar]("/tmp/holdpoint-writer-XXXXXX".utf8CString)
        let made = mkdtemp(&template)
        let folder = String(cString: try #require(made))
        let path = folder + "/notes.db"
        defer {
            for suffix in ["", "-wal", "-shm"] { unlink(path + suffix) }
            rmdir(folder)
        }
        let writer = try Writer(Notes(path: path), on: SQLiteThread(), limits: limits, atEndOfTurn: atEndOfTurn)
        try await body(writer)
        await writer.close()
    }
}
