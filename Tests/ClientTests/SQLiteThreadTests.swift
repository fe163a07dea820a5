import Glibc
import SQLiteClient
import Testing

/// Owns a connection and a count; says on which thread it runs.
private actor Database {
    private let thread: SQLiteThread
    private let connection: SQLiteConnection
    private var isBusy = false

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    init(thread: SQLiteThread) throws {
        self.thread = thread
        connection = try SQLiteConnection(path: ":memory:", access: .create, busyTimeout: .zero)
        try connection.execute("CREATE TABLE t(n INTEGER)")
    }

    func add(_ number: Int64) throws -> (thread: UInt, wasAlone: Bool) {
        let wasAlone = !isBusy
        isBusy = true
        defer { isBusy = false }
        let insert = try connection.statement("INSERT INTO t VALUES(?1)")
        try insert.bind(number, at: 1)
        try insert.run()
        return (UInt(pthread_self()), wasAlone)
    }

    func sum() throws -> Int64 {
        let select = try connection.statement("SELECT sum(n) FROM t")
        defer { select.reset() }
        return try select.step() ? select.integer(0) : -1
    }
}

@Suite("SQLite thread", .timeLimit(.minutes(1)))
struct SQLiteThreadTests {
    @Test func `an actor runs all its jobs on one thread of its own, one at a time`() async throws {
        let database = try Database(thread: SQLiteThread())
        let threads = try await withThrowingTaskGroup(of: (UInt, Bool).self) { group in
            for number in 1...1_000 { group.addTask { try await database.add(Int64(number)) } }
            var threads: Set<UInt> = []
            for try await (thread, wasAlone) in group {
                threads.insert(thread)
                #expect(wasAlone)
            }
            return threads
        }
        #expect(threads.count == 1)
        #expect(!threads.contains(UInt(pthread_self())))
        #expect(try await database.sum() == 500_500)
    }

    @Test func `a task may run on the thread by preference`() async throws {
        let thread = try SQLiteThread()
        let database = try Database(thread: thread)
        let home = try await database.add(1).thread
        let here = await Task(executorPreference: thread) { UInt(pthread_self()) }.value
        #expect(here == home)
    }

    @Test func `threads end with their objects`() async throws {
        // Far more than a process may have at once, if one of them stayed with its stack of 8 MiB.
        for _ in 0..<2_000 {
            let database = try Database(thread: SQLiteThread())
            #expect(try await database.add(1).wasAlone)
        }
        #expect(threadCount() < 1_000)
    }

    private func threadCount() -> Int {
        guard let folder = opendir("/proc/self/task") else { return .max }
        defer { closedir(folder) }
        var count = -2
        while readdir(folder) != nil { count += 1 }
        return count
    }

    @Test func `a monitor keeps counts right between threads`() async {
        let count = Monitor(0)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask { for _ in 0..<1_000 { count.withLock { $0 += 1 } } }
            }
        }
        #expect(count.withLock { $0 } == 8_000)
    }
}
