import EventLoop
import Glibc
import HoldpointCore
import HoldpointEngine
import HoldpointPorts
import JSON
import LocalStreams
import SQLiteJournal
import SealedSecrets

/// Where a benchmark runs: everything but the store on one loop, as in the server.
struct BenchmarkThread {
    let loop: EventLoop
    let executors: SharedExecutor

    static func start() throws -> BenchmarkThread {
        let loop = try EventLoop.start(name: "benchmark")
        return BenchmarkThread(
            loop: loop,
            executors: SharedExecutor(of: LoopIsolation(on: loop), continuations: loop.taskExecutor))
    }
}

/// An engine in this process over a fresh embedded store.
struct BenchmarkNode: BenchmarkCaller {
    let folder: String
    let journal: SQLiteJournal
    let engine: Engine
    let scope: Scope
    let agent: AgentName
    let executors: SharedExecutor

    /// Opens a store in a new folder under `TMPDIR` and prepares a project with one agent; the caller removes it.
    static func make(
        on thread: BenchmarkThread, expressions: any ExpressionEvaluator = NoExpressions(),
        counting count: CommitCounter.Count? = nil
    ) async throws -> BenchmarkNode {
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(parent)/holdpoint-bench.XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw BenchmarkFailure("no temporary folder") }
        let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return try await open(folder, isFirst: true, on: thread, expressions: expressions, counting: count)
    }

    /// Opens the store in a folder.
    ///
    /// - Parameter isFirst: whether the store is new, and the project and its agent must be made.
    static func open(
        _ folder: String, isFirst: Bool, on thread: BenchmarkThread, expressions: any ExpressionEvaluator,
        counting count: CommitCounter.Count? = nil
    ) async throws -> BenchmarkNode {
        let clock = SystemClock()
        let journal = try SQLiteJournal(
            SQLiteJournalConfiguration(folder: folder), clock: clock, atEndOfTurn: thread.loop.executeAtEndOfTurn)
        let ports = EnginePorts(
            journal: count.map { CommitCounter(base: journal, count: $0) } ?? journal, directory: journal,
            streams: LocalStreams(), clock: clock, entropy: try SodiumEntropy(), hasher: SHA256Hasher(),
            secretBox: try SodiumSecretBox(keyFile: folder + "/secret.key"),
            signer: try SodiumSigner(existingKeyFile: folder + "/secret.key"), expressions: expressions,
            documents: JSONDocuments(),
            calls: NoCalls(), executors: thread.executors)
        let scope = Scope(tenant: try TenantName("bench"), project: try ProjectName("default"))
        if isFirst {
            _ = try await prepareScope(in: journal)
            _ = try await prepareAgent(of: scope, in: journal)
        }
        let engine = Engine(configuration: EngineConfiguration(node: try NodeName("bench")), ports: ports)
        return BenchmarkNode(
            folder: folder, journal: journal, engine: engine, scope: scope, agent: try AgentName("external"),
            executors: thread.executors)
    }

    /// Runs `body` while the engine serves, then stops it.
    func serving(_ body: @escaping @Sendable (BenchmarkNode) async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask(executorPreference: executors.continuations) { try await engine.run() }
            while await !engine.readiness().isReady { await Task.yield() }
            do {
                try await body(self)
            } catch {
                await engine.stop()
                throw error
            }
            await engine.stop()
            try await group.waitForAll()
        }
        await journal.close()
    }
}

/// Why a benchmark could not be run.
struct BenchmarkFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// The system's clock.
struct SystemClock: Clock {
    func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000)
    }

    func sleep(until time: Timestamp) async {
        let left = time.milliseconds - now().milliseconds
        if left > 0 { try? await Task.sleep(for: .milliseconds(left)) }
    }
}
